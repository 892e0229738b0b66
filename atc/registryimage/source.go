package registryimage

import (
	"encoding/json"
	"fmt"

	"github.com/concourse/concourse/atc"
)

// source holds the fields of a registry-image source that decide about pulling.
// Their names and meaning are those of the resource's documentation.
type source struct {
	Repository     string          `json:"repository"`
	Tag            tag             `json:"tag"`
	Username       string          `json:"username"`
	Password       string          `json:"password"`
	Insecure       bool            `json:"insecure"`
	CACerts        []string        `json:"ca_certs"`
	ContentTrust   *struct{}       `json:"content_trust"`
	Platform       *struct{}       `json:"platform"`
	RegistryMirror *registryMirror `json:"registry_mirror"`
	AWSAccessKeyID string          `json:"aws_access_key_id"`
	AWSRegion      string          `json:"aws_region"`
	AzureACR       bool            `json:"azure_acr"`
}

type registryMirror struct {
	Host     string `json:"host"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// tag accepts the numbers that YAML makes of tags like 1.2, as the resource does.
type tag string

func (t *tag) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err == nil {
		*t = tag(text)
		return nil
	}
	var number json.Number
	if err := json.Unmarshal(data, &number); err != nil {
		return fmt.Errorf("must be a string or a number")
	}
	*t = tag(number.String())
	return nil
}

func parseSource(raw atc.Source) (source, error) {
	var parsed source
	encoded, err := json.Marshal(raw)
	if err != nil {
		return source{}, fmt.Errorf("encode source: %w", err)
	}
	if err := json.Unmarshal(encoded, &parsed); err != nil {
		return source{}, fmt.Errorf("source of a registry-image: %w", err)
	}
	if parsed.Repository == "" {
		return source{}, fmt.Errorf("source of a registry-image names no repository: set repository in the source")
	}
	return parsed, nil
}

// PhysicalReason tells which field of the source, or of the params of its get,
// asks for what a kubelet can't do from a pod spec; it is empty where it can.
func PhysicalReason(raw atc.Source, params atc.Params) (string, error) {
	parsed, err := parseSource(raw)
	if err != nil {
		return "", err
	}
	switch {
	case parsed.ContentTrust != nil:
		return "content_trust is set, and a kubelet does not verify signatures of this kind", nil
	case parsed.Platform != nil || params["platform"] != nil:
		return "platform is set, and a kubelet pulls for the platform of its node", nil
	case parsed.Insecure:
		return "insecure is set, and a kubelet takes such a registry only from its node's configuration", nil
	case len(parsed.CACerts) > 0:
		return "ca_certs is set, and a kubelet trusts only the certificates of its node", nil
	case parsed.AWSRegion != "" || parsed.AWSAccessKeyID != "":
		return "aws_* credentials are set, and a kubelet needs a registry login", nil
	case parsed.AzureACR:
		return "azure_acr is set, and a kubelet needs a registry login", nil
	case parsed.RegistryMirror != nil && parsed.RegistryMirror.Host != "":
		return "registry_mirror is set, and mirrors are not handed to the kubelet yet", nil
	}
	return "", nil
}
