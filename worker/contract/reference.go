package contract

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// parseReference returns the image reference that a URL of Garden's holds.
func parseReference(uri string) (string, error) {
	scheme, rest, found := strings.Cut(uri, schemeEnd)
	switch {
	case uri == "":
		return "", errors.New("no image is given")
	case !found || scheme != imageType:
		return "", fmt.Errorf("image %s: the Kubernetes runtime takes docker:///REPOSITORY and raw://DIRECTORY only", withoutLogin(uri))
	}

	repository, tag, _ := strings.Cut(rest, "#")
	repository = strings.TrimPrefix(repository, "/")
	if repository == "" {
		return "", fmt.Errorf("image %s names no repository", uri)
	}
	if host, _, found := strings.Cut(repository, "/"); found && strings.Contains(host, "@") {
		return "", errors.New("its image's URL holds a login, which belongs into username and password")
	}
	if tag != "" {
		repository += ":" + tag
	}
	return repository, nil
}

func withoutLogin(uri string) string {
	parsed, err := url.Parse(uri)
	if err != nil {
		return "(not a URL)"
	}
	return parsed.Redacted()
}
