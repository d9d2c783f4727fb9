# SPDX-License-Identifier: Apache-2.0
# The jar of bindings/java/build, in packages/java, and its tests, which Maven compiles and runs.
find_program(MLCORE_MAVEN mvn REQUIRED)
find_program(MLCORE_JAVA java HINTS ENV JAVA_HOME PATH_SUFFIXES bin REQUIRED)
get_filename_component(java_bin ${MLCORE_JAVA} DIRECTORY)
set(java_maven ${MLCORE_MAVEN} --batch-mode --no-transfer-progress -f ${PROJECT_SOURCE_DIR}/bindings/java/pom.xml
  -Dmlcore.target=${PROJECT_BINARY_DIR}/bindings/java/target
  -Dmlcore.natives=${PROJECT_BINARY_DIR}/bindings/java/natives
  -Dmlcore.fixtures=${PROJECT_BINARY_DIR}/tests/capi -Dmlcore.parity=${PROJECT_BINARY_DIR}/tests/parity)
add_test(NAME java_compile COMMAND ${java_maven} --quiet test-compile)
set_tests_properties(java_compile PROPERTIES LABELS binding FIXTURES_SETUP java_classes RESOURCE_LOCK java_target)

# mlcore_add_java_test(NAME CLASSES ARGUMENT…): test classes, as -Dtest of Maven's Surefire takes them. The JVM
# writes what it does not like about the JNI library where Surefire complains of it.
function(mlcore_add_java_test name classes)
  add_test(NAME java_${name} COMMAND ${java_maven} -Dtest=${classes} ${ARGN} surefire:test)
  set_tests_properties(java_${name} PROPERTIES LABELS binding RESOURCE_LOCK java_target
    FIXTURES_REQUIRED "artifacts;parity_artifacts;java_classes"
    FAIL_REGULAR_EXPRESSION "Corrupted channel;WARNING in native method")
endfunction()

set(java_unit "!ParityTest,!LeakTest")
mlcore_add_java_test(unit ${java_unit} -Dmlcore.jvm=-Xcheck:jni)
mlcore_add_java_test(parity ParityTest)
mlcore_add_java_test(leak LeakTest)

# Once more on the newest JDK that is here.
file(GLOB java_others /usr/lib/jvm/*-25-*/bin/java /usr/lib/jvm/*-2[1-4]-*/bin/java)
list(LENGTH java_others count)
if(count GREATER 0)
  list(GET java_others 0 java_newer)
  mlcore_add_java_test(unit_newer ${java_unit} -Djvm=${java_newer}
    "-Dmlcore.jvm=-Xcheck:jni --enable-native-access=ALL-UNNAMED")
  mlcore_add_java_test(parity_newer ParityTest -Djvm=${java_newer}
    -Dmlcore.jvm=--enable-native-access=ALL-UNNAMED)
endif()

# Every public call is documented.
add_test(NAME java_javadoc COMMAND ${java_bin}/javadoc -quiet -Xdoclint:all -Werror -encoding UTF-8
  -d ${PROJECT_BINARY_DIR}/bindings/java/javadoc --source-path ${PROJECT_SOURCE_DIR}/bindings/java/src/main/java
  dev.mlcore)
set_tests_properties(java_javadoc PROPERTIES LABELS binding)

add_test(NAME java_format COMMAND ${PROJECT_SOURCE_DIR}/bindings/java/format
  ${PROJECT_BINARY_DIR}/bindings/java/formatter --check)
set_tests_properties(java_format PROPERTIES LABELS binding)

# The margin of two stumps, tests/capi/fixture.hpp: 0.125 + 0.25 + 2; its logistic is 0.91490095.
add_test(NAME java_package COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/java_package.py
  --maven ${MLCORE_MAVEN} --java ${MLCORE_JAVA} --packages ${PROJECT_BINARY_DIR}/packages/java
  --artifact ${PROJECT_BINARY_DIR}/tests/capi/shop.mlc --expected "0\\.914900[0-9]+")
set_tests_properties(java_package PROPERTIES LABELS binding FIXTURES_REQUIRED artifacts)

set(java_examples ${PROJECT_SOURCE_DIR}/examples/java)
set(java_run ${MLCORE_JAVA} --enable-native-access=ALL-UNNAMED
  -cp ${PROJECT_BINARY_DIR}/packages/java/mlcore-${PROJECT_VERSION}.jar)
mlcore_add_example(java 6 "${java_run};${java_examples}/First.java" "${java_run};${java_examples}/Churn.java")
set_tests_properties(example_java_first example_java_churn example_java_agrees PROPERTIES LABELS binding)
