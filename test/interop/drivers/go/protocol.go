package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The interop protocol: a JSON request a line on stdin, a JSON answer a line on stdout, in order. Binary is standard
// base64. A driver never ends on an error, and a field that it does not know is one.

// fields are those of a request but op and id.
type fields map[string]json.RawMessage

// results are the fields of an answer; bytes become base64.
type results map[string]any

// operation does what a request asks for.
type operation func(fields) (results, error)

// requestError is a request that is malformed, or asks for what the client lacks.
type requestError struct{ code, message string }

func (e *requestError) Error() string { return e.code + ": " + e.message }

func invalid(format string, values ...any) error {
	return &requestError{"INPUT_INVALID", fmt.Sprintf(format, values...)}
}

func unsupported(format string, values ...any) error {
	return &requestError{"UNSUPPORTED", fmt.Sprintf(format, values...)}
}

// serve answers requests until the input ends.
func serve(operations map[string]operation, input io.Reader, output io.Writer) {
	lines := bufio.NewReader(input)
	answers := json.NewEncoder(output)
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 && answers.Encode(answer(operations, line)) != nil {
			return
		}
		if err != nil {
			return
		}
	}
}

func answer(operations map[string]operation, line []byte) (answer results) {
	var request fields
	answer = results{}
	defer func() {
		// The client's generated code panics on some inputs.
		if cause := recover(); cause != nil {
			answer["ok"], answer["error"] = false, fmt.Sprintf("panic: %v", cause)
		}
	}()
	if !json.Valid(line) {
		return failed(answer, invalid("the request is not JSON"))
	}
	if json.Unmarshal(line, &request) != nil || request == nil {
		return failed(answer, invalid("a request is a JSON object"))
	}
	if id, given := request["id"]; given {
		answer["id"] = id
	}
	var name *string
	if json.Unmarshal(request["op"], &name) != nil || name == nil {
		return failed(answer, invalid("a request needs op, the name of an operation"))
	}
	run, known := operations[*name]
	if !known {
		return failed(answer, unsupported("this driver has no operation %q", *name))
	}
	delete(request, "op")
	delete(request, "id")
	found, err := run(request)
	if err != nil {
		return failed(answer, err)
	}
	for name, value := range found {
		answer[name] = value
	}
	answer["ok"] = true
	return answer
}

func failed(answer results, err error) results {
	answer["ok"] = false
	answer["error"] = err.Error()
	var request *requestError
	if !errors.As(err, &request) {
		kind := fmt.Sprintf("%T", err)
		answer["error"] = kind[strings.LastIndex(kind, ".")+1:] + ": " + err.Error()
	}
	return answer
}
