#!/usr/bin/env bash
# Puts an engine and Beam's runner for it into .beam/ of this repository.
#   deploy/beam/install.sh flink|spark
# The engine's jars come from its package on PyPI, the runner's from Maven Central. Both are compared
# with the hashes in deploy/beam/flink or deploy/beam/spark. No Python of PySpark is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."

definition="deploy/beam/$1"
target=".beam/$1"
# The JDK and not its runtime alone, which cannot run deploy/beam/flink/JobServer.java.
if ! command -v javac >/dev/null || ! command -v mvn >/dev/null; then
    if [ "$(id -u)" != 0 ]; then
        echo "error: javac or mvn is missing. Install the Debian packages openjdk-17-jdk-headless and maven" >&2
        exit 2
    fi
    deploy/local_servers/install.sh openjdk-17-jdk-headless maven
fi

echo "Downloading $(cut -d' ' -f1 "$definition/requirements.txt") and Beam's runner for it into $target ..."
rm -rf "$target"
mkdir -p "$target/engine" "$target/runner"
.venv/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --no-build-isolation --require-hashes --requirement "$definition/requirements.txt" --dest "$target"
tar --extract --file "$target"/*.tar.gz --directory "$target/engine" --strip-components 2 \
    --wildcards '*/deps/*.jar'
rm "$target"/*.tar.gz
mvn --batch-mode --quiet --file "$definition/pom.xml" \
    dependency:copy-dependencies -DoutputDirectory="$PWD/$target/runner"
if ! (cd "$target/runner" && sha256sum -- *.jar) | diff - "$definition/jars.sha256"; then
    echo "error: the jars above are not those of $definition/jars.sha256. Delete them from ~/.m2 and try again" >&2
    exit 1
fi
