package template

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v3"
)

// fields are those of a document that is read as a Pod.
type fields struct {
	// lines says where a field is, by paths such as spec.containers[0].name and
	// metadata.labels[app]. What is null is not in it.
	lines map[string]int

	// problems are fields that a Pod does not have, and values of another type.
	problems []problem
}

func newFields(root *goyaml.Node) *fields {
	f := &fields{lines: map[string]int{}}
	f.visit("", root.Line, root, reflect.TypeFor[corev1.Pod]())
	return f
}

// visit notes a value, which begins on that line together with its key, and
// what is in it.
func (f *fields) visit(path string, line int, node *goyaml.Node, wanted reflect.Type) {
	if node.Kind == goyaml.AliasNode {
		node = node.Alias
	}
	for wanted.Kind() == reflect.Pointer {
		wanted = wanted.Elem()
	}
	if path != "" && node.Tag == "!!null" {
		return
	}
	f.lines[path] = line

	switch kind := kindOf(wanted); {
	case kind == reflect.Struct && node.Kind == goyaml.MappingNode:
		f.visitStruct(path, node, wanted)
	case kind == reflect.Map && node.Kind == goyaml.MappingNode:
		for i := 0; i < len(node.Content); i += 2 {
			key := node.Content[i]
			f.visit(path+"["+key.Value+"]", key.Line, node.Content[i+1], wanted.Elem())
		}
	case kind == reflect.Slice && node.Kind == goyaml.SequenceNode:
		for i, element := range node.Content {
			f.visit(fmt.Sprintf("%s[%d]", path, i), element.Line, element, wanted.Elem())
		}
	case kind == reflect.Struct || kind == reflect.Map:
		f.wrong(path, line, "must be a mapping (key: value)")
	case kind == reflect.Slice:
		f.wrong(path, line, "must be a list (- element)")
	default:
		f.visitValue(path, line, node, wanted)
	}
}

func (f *fields) visitStruct(path string, node *goyaml.Node, wanted reflect.Type) {
	known := fieldTypes(wanted)
	for i := 0; i < len(node.Content); i += 2 {
		key := node.Content[i]
		inner := strings.TrimPrefix(path+"."+key.Value, ".")
		if fieldType, ok := known[key.Value]; ok {
			f.visit(inner, key.Line, node.Content[i+1], fieldType)
		} else {
			f.wrong(inner, key.Line, "Kubernetes has no such field: correct or remove it")
		}
	}
}

// visitValue tries to read what is not made up of fields.
func (f *fields) visitValue(path string, line int, node *goyaml.Node, wanted reflect.Type) {
	text, err := goyaml.Marshal(node)
	if err == nil {
		err = yaml.Unmarshal(text, reflect.New(wanted).Interface())
	}
	if err == nil {
		return
	}
	value := node.Value
	if node.Kind != goyaml.ScalarNode {
		value = "a list or a mapping"
	}
	message := fmt.Sprintf("%s is not of type %s", value, wanted.Name())
	// Types that read themselves, such as quantities, say what they expect.
	if _, reason, found := strings.Cut(err.Error(), "while decoding JSON: "); found && !strings.HasPrefix(reason, "json: ") {
		message += ": " + reason
	}
	f.wrong(path, line, message)
}

func (f *fields) wrong(path string, line int, text string) {
	if path == "" {
		path = "the document"
	}
	f.problems = append(f.problems, problem{line: line, path: path, text: text})
}

// kindOf is Invalid for a type that reads itself, as quantities do, and for
// bytes.
func kindOf(wanted reflect.Type) reflect.Kind {
	if reflect.PointerTo(wanted).Implements(reflect.TypeFor[json.Unmarshaler]()) || wanted == reflect.TypeFor[[]byte]() {
		return reflect.Invalid
	}
	return wanted.Kind()
}

// fieldTypes are the types of a struct's fields by their names in JSON.
func fieldTypes(of reflect.Type) map[string]reflect.Type {
	all := map[string]reflect.Type{}
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name != "" {
			all[name] = field.Type
			continue
		}
		for name, fieldType := range fieldTypes(field.Type) {
			all[name] = fieldType
		}
	}
	return all
}
