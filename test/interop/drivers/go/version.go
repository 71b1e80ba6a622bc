package main

import (
	"runtime"
	"runtime/debug"
	"strings"
)

// version tells what runs.
func version(from fields) (results, error) {
	if err := read("version", from, &struct{}{}); err != nil {
		return nil, err
	}
	versions := map[string]string{"go": strings.TrimPrefix(runtime.Version(), "go")}
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if strings.HasSuffix(module.Path, "/encryption-sdk") || strings.HasSuffix(module.Path, "/mpl") || strings.Contains(module.Path, "/amazon-s3-encryption-client-go/") {
				versions[module.Path] = module.Version
			}
		}
	}
	return results{"implementation": "aws-encryption-sdk-go", "versions": versions}, nil
}
