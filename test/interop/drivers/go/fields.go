package main

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// binary is bytes in standard base64, with its padding.
type binary []byte

func (b *binary) UnmarshalJSON(value []byte) error {
	var text string
	if err := json.Unmarshal(value, &text); err != nil {
		return err
	}
	decoded, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") {
		return invalid("not standard base64")
	}
	*b = decoded
	return nil
}

// read fills the struct that target points to. A field that the struct lacks is an error (a driver that ignores one
// tests nothing), and so is one that is absent and not marked as `optional` in its tag.
func read(where string, from fields, target any) error {
	into := reflect.ValueOf(target).Elem()
	known := make([]string, into.NumField())
	for index := range known {
		known[index], _, _ = strings.Cut(into.Type().Field(index).Tag.Get("json"), ",")
	}
	for name := range from {
		if !slices.Contains(known, name) {
			return &requestError{"OPTION_INVALID", where + " does not know the field \"" + name + "\". Known: " + strings.Join(known, ", ") + "."}
		}
	}
	for index, name := range known {
		field := into.Type().Field(index)
		value, given := from[name]
		if !given || string(value) == "null" {
			if field.Tag.Get("field") != "optional" {
				return invalid("%s: %s is missing", where, name)
			}
			continue
		}
		if err := json.Unmarshal(value, into.Field(index).Addr().Interface()); err != nil {
			return invalid("%s: %s: %v", where, name, err)
		}
	}
	return nil
}
