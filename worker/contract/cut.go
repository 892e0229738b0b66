package contract

import (
	"maps"
	"strings"
	"unicode/utf8"

	"code.cloudfoundry.org/garden"
)

// MaxLength is the most bytes that a property of this package has. A pipeline can
// give a step, a job and the variables of an instance names of any length.
const MaxLength = 1024

// cutMark ends a value that was cut.
const cutMark = "…"

// Cut returns the value, or its beginning and a mark where it is longer than
// [MaxLength].
func Cut(value string) string {
	if len(value) <= MaxLength {
		return value
	}
	return Start(value, MaxLength-len(cutMark)) + cutMark
}

// Start is as much of the value's beginning as that many bytes hold. It splits no
// character.
func Start(value string, bytes int) string {
	if len(value) <= bytes {
		return value
	}
	for bytes > 0 && !utf8.RuneStart(value[bytes]) {
		bytes--
	}
	return value[:bytes]
}

// CutAll returns the properties with those of this package cut. What others mean
// is not known here, and stays as it is.
func CutAll(properties garden.Properties) garden.Properties {
	cut := maps.Clone(properties)
	for name, value := range cut {
		if strings.HasPrefix(name, prefix) {
			cut[name] = Cut(value)
		}
	}
	return cut
}
