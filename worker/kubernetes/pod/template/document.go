package template

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

var (
	yamlError = regexp.MustCompile(`line (\d+): (.*)`)

	// parserError are the messages whose line the library counts from zero.
	parserError = regexp.MustCompile(`^did not find expected (node content|key|',' or|'-' indicator|<)`)
)

// document returns the only document of a file. An error begins with what
// follows the file's name: ":LINE: " where the line is known.
//
// Kubernetes' reader goes first: it knows where a syntax error is and refuses
// keys that are given twice. The other one knows the lines of a correct file.
func document(content []byte) (*goyaml.Node, error) {
	if _, err := yaml.YAMLToJSONStrict(content); err != nil {
		return nil, syntaxError(err)
	}

	decoder := goyaml.NewDecoder(bytes.NewReader(content))
	var first, second goyaml.Node
	err := decoder.Decode(&first)
	if errors.Is(err, io.EOF) {
		return nil, errors.New(":1: the file is empty: write a Pod into it, or leave the template out")
	}
	if err != nil {
		return nil, syntaxError(err)
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, secondDocument(second)
	}
	return first.Content[0], nil
}

func secondDocument(second goyaml.Node) error {
	const text = "a second YAML document begins here: keep one"
	if second.Line == 0 { // it can't be read
		return errors.New(": " + text)
	}
	return fmt.Errorf(":%d: %s", second.Line, text)
}

func syntaxError(err error) error {
	found := yamlError.FindStringSubmatch(err.Error())
	if found == nil {
		return fmt.Errorf(": not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line, message := found[1], found[2]
	if number, err := strconv.Atoi(line); err == nil && parserError.MatchString(message) {
		line = strconv.Itoa(number + 1)
	}
	return fmt.Errorf(":%s: not YAML: %s", line, message)
}
