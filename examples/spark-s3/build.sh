#!/usr/bin/env bash
# Compiles the log store with Spark's own compiler: build.sh SPARK_JARS DELTA_STORAGE_JAR [OUTPUT_JAR]
#   build.sh "$SPARK_HOME/jars" delta-storage-4.4.0.jar
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
jars=$1
delta=$2
output=${3:-conditional-commit-log-store.jar}
java -cp "$jars/*:$delta" scala.tools.nsc.Main -usejavacp -d "$output" "$here/ConditionalCommitLogStore.scala"
