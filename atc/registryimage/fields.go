package registryimage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// fields are all the fields of a registry-image source. Those that only decide
// which version a check finds, or what a get prints, mean nothing to a pull.
type fields struct {
	Repository string `json:"repository"`
	Tag        tag    `json:"tag"`

	Username string `json:"username"`
	Password string `json:"password"`

	Insecure     bool      `json:"insecure"`
	CACerts      []string  `json:"ca_certs"`
	Platform     *platform `json:"platform"`
	ContentTrust any       `json:"content_trust"`

	RegistryMirror *mirror `json:"registry_mirror"`

	AWSAccessKeyID     string   `json:"aws_access_key_id"`
	AWSSecretAccessKey string   `json:"aws_secret_access_key"`
	AWSSessionToken    string   `json:"aws_session_token"`
	AWSRegion          string   `json:"aws_region"`
	AWSRoleARN         string   `json:"aws_role_arn"`
	AWSRoleARNs        []string `json:"aws_role_arns"`
	AWSAccountID       string   `json:"aws_account_id"`
	AWSECRRegistryID   string   `json:"aws_ecr_registry_id"`

	AzureACR         bool   `json:"azure_acr"`
	AzureClientID    string `json:"azure_client_id"`
	AzureTenantID    string `json:"azure_tenant_id"`
	AzureEnvironment string `json:"azure_environment"`

	Variant            string   `json:"variant"`
	SemverConstraint   string   `json:"semver_constraint"`
	PreReleases        bool     `json:"pre_releases"`
	PreReleasePrefixes []string `json:"pre_release_prefixes"`
	TagRegex           string   `json:"tag_regex"`
	CreatedAtSort      bool     `json:"created_at_sort"`
	AnnotationRegex    string   `json:"annotation_regex"`
	LabelRegex         string   `json:"label_regex"`
	Debug              bool     `json:"debug"`
}

// params are all the params of the resource's get.
type params struct {
	Format       string    `json:"format"`
	Platform     *platform `json:"platform"`
	SkipDownload bool      `json:"skip_download"`
}

type mirror struct {
	Host     string `json:"host"`
	Username string `json:"username"`
	Password string `json:"password"`
}

type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
}

// tag is a string, or whatever else YAML makes of a tag such as 1.2: the
// resource takes the JSON of it.
type tag string

func (t *tag) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) != nil {
		text = string(data)
	}
	*t = tag(text)
	return nil
}

// decode decodes a source or params, and returns the name of a field that is
// not known. The error says which field has a value of the wrong kind.
func decode(raw, into any) (unknown string, err error) {
	encoded, err := json.Marshal(raw)
	if err != nil {
		return "", fmt.Errorf("encode: %w", err)
	}
	if err := json.Unmarshal(encoded, into); err != nil {
		return "", fmt.Errorf("%w (what YAML may take for a number goes in quotes)", err)
	}

	strict := json.NewDecoder(bytes.NewReader(encoded))
	strict.DisallowUnknownFields()
	if err := strict.Decode(into); err != nil {
		name, _ := strings.CutPrefix(err.Error(), "json: unknown field ")
		return strings.Trim(name, `"`), nil
	}
	return "", nil
}
