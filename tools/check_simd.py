#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions that not every x86-64 has stand in the kernels compiled for them, and nowhere else.

Disassembles a library that has its symbols. Exit status 1 when a function outside the kernels of AVX2
and AVX-512 holds an AVX, mask, BMI or POPCNT instruction, or when no kernel is found.
"""
import argparse
import re
import subprocess
import sys

FUNCTION = re.compile(r"^[0-9a-f]+ <(.*)>:$")
INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(?:\{\w+\}\s+)?(?:(?:rep|repz|repnz|lock|bnd|data16|notrack) )*(\S+)")
KERNEL = re.compile(r"\bAvx(2|512)\b")
BASE_V = {"verr", "verw", "vmcall", "vmmcall", "vmfunc"}
BMI = set("andn bextr blsi blsmsk blsr bzhi mulx pdep pext popcnt rorx sarx shlx shrx".split())
MASK = re.compile(r"^k(add|and|andn|mov|not|or|ortest|shiftl|shiftr|test|unpck|xnor|xor)[bwdq]{1,2}$")


def is_new(mnemonic):
    """Whether an instruction is AVX, AVX-512 or BMI."""
    if mnemonic.startswith("v"):
        return mnemonic not in BASE_V
    return bool(MASK.match(mnemonic)) or mnemonic in BMI or mnemonic.rstrip("lq") in BMI


def new_instructions(lines):
    """For each function of a disassembly that has some: its name and how many."""
    counts, function = {}, None
    for line in lines:
        if match := FUNCTION.match(line):
            function = match.group(1)
        elif (match := INSTRUCTION.match(line)) and is_new(match.group(1)):
            counts[function] = counts.get(function, 0) + 1
    return counts


def problems_in(lines):
    counts = new_instructions(lines)
    inside = [name for name in counts if KERNEL.search(name or "")]
    messages = [f"{name}: {count} instructions that not every x86-64 has"
                for name, count in counts.items() if name not in inside]
    for target in ("Avx2", "Avx512"):
        if not any(re.search(rf"\b{target}\b", name) for name in inside):
            messages.append(f"no kernel of {target} found: are the symbols stripped?")
    return messages, len(inside)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library")
    library = parser.parse_args().library
    listing = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", library], check=True,
                             capture_output=True, text=True)
    messages, kernels = problems_in(listing.stdout.splitlines())
    print("\n".join(messages) if messages else f"{kernels} functions hold wide instructions, all kernels")
    return 1 if messages else 0


if __name__ == "__main__":
    sys.exit(main())
