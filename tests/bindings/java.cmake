# SPDX-License-Identifier: Apache-2.0
# The jar of bindings/java/build, in packages/java.
find_program(MLCORE_JAVA java HINTS ENV JAVA_HOME PATH_SUFFIXES bin REQUIRED)
set(java_examples ${PROJECT_SOURCE_DIR}/examples/java)
set(java_run ${MLCORE_JAVA} --enable-native-access=ALL-UNNAMED
  -cp ${PROJECT_BINARY_DIR}/packages/java/mlcore-${PROJECT_VERSION}.jar)
mlcore_add_example(java 6 "${java_run};${java_examples}/First.java" "${java_run};${java_examples}/Churn.java")
set_tests_properties(example_java_first example_java_churn example_java_agrees PROPERTIES LABELS binding)
