package pod

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strings"

	"code.cloudfoundry.org/garden"

	"github.com/concourse/concourse-kubernetes/worker/contract"
)

// maxLength is that of a DNS label and of a label's value.
const maxLength = 63

var (
	notInDNSLabel = regexp.MustCompile(`[^a-z0-9]+`)
	startOfUUID   = regexp.MustCompile(`^[0-9a-f]{8}(-|$)`)
)

// Name is the name of a container's pod: pipeline, job, build, type and step as
// far as they are known, then a piece of the handle that makes it unique.
func Name(handle string, properties garden.Properties) string {
	var parts []string
	for _, name := range []string{contract.Pipeline, contract.Job, contract.Build, contract.Type, contract.Step} {
		if part := dnsLabel(contract.Start(properties[name], maxWork)); part != "" {
			parts = append(parts, part)
		}
	}
	if len(parts) == 0 {
		parts = []string{"container"}
	}
	unique := pieceOf(handle)
	shorten(parts, maxLength-len(unique)-1)
	return strings.Join(append(parts, unique), "-")
}

// pieceOf returns the first eight digits of a UUID, by which people find the
// container in Concourse, and those of a hash for any other handle.
func pieceOf(handle string) string {
	if startOfUUID.MatchString(handle) {
		return handle[:8]
	}
	sum := sha256.Sum256([]byte(handle))
	return hex.EncodeToString(sum[:4])
}

// shorten takes from the longest part until all of them, joined, fit: a long
// pipeline name must not cost the step's.
func shorten(parts []string, length int) {
	for len(strings.Join(parts, "-")) > length {
		longest := 0
		for i := range parts {
			if len(parts[i]) > len(parts[longest]) {
				longest = i
			}
		}
		parts[longest] = strings.TrimRight(parts[longest][:len(parts[longest])-1], "-")
	}
}

func dnsLabel(text string) string {
	return strings.Trim(notInDNSLabel.ReplaceAllString(strings.ToLower(text), "-"), "-")
}
