# SPDX-License-Identifier: Apache-2.0
# Java in scripts/demo and scripts/test: the JDK of JAVA_HOME, or the one on the path.
java_command() { echo "${JAVA_HOME:+$JAVA_HOME/bin/}java"; }

java_found() { "${JAVA_HOME:+$JAVA_HOME/bin/}javac" -version 2> /dev/null; }

java_missing() {
  new_enough 17 0 "$(java_found)" || echo openjdk-17-jdk-headless
  command -v mvn > /dev/null || echo maven
}

# "Java 17.0.15"; fails without a JDK, 17 or newer, or without Maven.
java_version() {
  local found
  [ -z "$(java_missing)" ] && found=$(java_found) && echo "Java ${found#javac }"
}

java_build() { bindings/java/build "$1"; }

# java_churn BUILD_DIR ARTIFACT ORDERS_CSV AS_OF SEED OUT
java_churn() {
  "$(java_command)" --enable-native-access=ALL-UNNAMED -cp "$(echo "$1"/packages/java/mlcore-*.jar)" \
    examples/java/Churn.java "${@:2}"
}
