// SPDX-License-Identifier: Apache-2.0

package mlcore_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"strings"
	"testing"
)

// Methods of interfaces of the standard library, whose examples are their type's.
var ofInterfaces = map[string]bool{"Error": true, "String": true, "Is": true, "Unwrap": true}

func TestEveryPublicCallHasACommentAndAnExample(t *testing.T) {
	isOurs := func(file fs.FileInfo) bool { return !strings.HasSuffix(file.Name(), "_test.go") }
	ours, err := parser.ParseDir(token.NewFileSet(), packageFolder, isOurs, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	isExample := func(file fs.FileInfo) bool { return strings.HasPrefix(file.Name(), "example_") }
	theirs, err := parser.ParseDir(token.NewFileSet(), packageFolder, isExample, 0)
	if err != nil {
		t.Fatal(err)
	}
	examples, calls := map[string]bool{}, 0
	for _, call := range functionsOf(theirs["mlcore_test"]) {
		examples[call.Name.Name] = true
	}
	for _, call := range functionsOf(ours["mlcore"]) {
		name := call.Name.Name
		if !call.Name.IsExported() || ofInterfaces[name] {
			continue
		}
		if call.Recv != nil {
			receiver := call.Recv.List[0].Type
			if star, is := receiver.(*ast.StarExpr); is {
				receiver = star.X
			}
			of := receiver.(*ast.Ident)
			if !of.IsExported() {
				continue
			}
			name = of.Name + "_" + name
		}
		calls++
		if !examples["Example"+name] || !strings.HasPrefix(call.Doc.Text(), call.Name.Name+" ") {
			t.Errorf("%s has no example (%t) or no comment", name, examples["Example"+name])
		}
	}
	if calls < 50 {
		t.Errorf("only %d calls are found", calls)
	}
}

func functionsOf(folder *ast.Package) []*ast.FuncDecl {
	var functions []*ast.FuncDecl
	for _, file := range folder.Files {
		for _, declaration := range file.Decls {
			if function, is := declaration.(*ast.FuncDecl); is {
				functions = append(functions, function)
			}
		}
	}
	return functions
}
