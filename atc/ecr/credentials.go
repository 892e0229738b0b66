package ecr

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"

	"github.com/concourse/concourse/atc"
)

// Credentials are what a source says about its access to AWS.
type Credentials struct {
	// AccessKeyID and SecretAccessKey are required, see the package's comment.
	AccessKeyID, SecretAccessKey string

	// SessionToken goes with keys that AWS gave out for a limited time.
	SessionToken string

	// Region is that of the registry, such as eu-west-1.
	Region string

	// AccountID, of 12 digits, owns the registry. Where it is empty that is the
	// account of the keys, or of the last role.
	AccountID string

	// RoleARNs are assumed in this order, each with the credentials of the one
	// before it.
	RoleARNs []string
}

// fields are those of the source. aws_ecr_registry_id has no effect in the
// resource any more, and none here.
type fields struct {
	AccessKeyID     string   `json:"aws_access_key_id"`
	SecretAccessKey string   `json:"aws_secret_access_key"`
	SessionToken    string   `json:"aws_session_token"`
	Region          string   `json:"aws_region"`
	AccountID       string   `json:"aws_account_id"`
	RoleARN         string   `json:"aws_role_arn"`
	RoleARNs        []string `json:"aws_role_arns"`
}

var (
	regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

// IsUsedBy tells whether the source is that of an image in ECR: if it sets
// aws_region. The resource takes no notice of the other aws_* fields alone.
func IsUsedBy(source atc.Source) bool {
	return source["aws_region"] != nil && source["aws_region"] != ""
}

// FromSource reads the aws_* fields of a registry-image source whose variables
// have been interpolated. Its errors name the field to correct.
func FromSource(source atc.Source) (Credentials, error) {
	encoded, err := json.Marshal(source)
	if err != nil {
		return Credentials{}, fmt.Errorf("encode source: %w", err)
	}
	var read fields
	if err := json.Unmarshal(encoded, &read); err != nil {
		return Credentials{}, fmt.Errorf("aws_* fields of the source: %w (an account ID is text: put it in quotes)", err)
	}

	if read.RoleARN != "" {
		if len(read.RoleARNs) > 0 {
			return Credentials{}, errors.New("the source has both aws_role_arn and aws_role_arns: keep one of them")
		}
		read.RoleARNs = []string{read.RoleARN}
	}
	credentials := Credentials{
		AccessKeyID:     read.AccessKeyID,
		SecretAccessKey: read.SecretAccessKey,
		SessionToken:    read.SessionToken,
		Region:          read.Region,
		AccountID:       read.AccountID,
		RoleARNs:        read.RoleARNs,
	}
	return credentials, credentials.validate()
}

// validate refuses what is missing, and what would make the region or the
// account another part of a host's name than they are.
func (c Credentials) validate() error {
	switch {
	case c.Region == "":
		return errors.New("aws_region is not set: set it to the region of the registry")
	case !regionName.MatchString(c.Region):
		return fmt.Errorf("aws_region %q is not the name of a region: set it to one like eu-west-1", c.Region)
	case c.AccountID != "" && !accountID.MatchString(c.AccountID):
		return fmt.Errorf("aws_account_id %q is not an account's ID: set it to the 12 digits, in quotes", c.AccountID)
	case c.AccessKeyID == "" || c.SecretAccessKey == "":
		return errors.New("aws_access_key_id and aws_secret_access_key are not both set: " +
			"set them, because the web node's own AWS identity is not lent to pipelines")
	}
	return nil
}
