// The driver of the official Go client, in the interop protocol (protocol.go).
package main

import (
	"maps"
	"os"
)

func main() {
	answers := os.Stdout
	os.Stdout = os.Stderr // whatever else prints
	// One file for each group of operations.
	operations := map[string]operation{"version": version}
	maps.Copy(operations, esdkOperations)
	maps.Copy(operations, keyStoreOperations)
	maps.Copy(operations, s3Operations)
	serve(operations, os.Stdin, answers)
}
