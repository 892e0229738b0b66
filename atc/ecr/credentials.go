package ecr

import (
	"errors"
	"fmt"
	"regexp"
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

var (
	regionName = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	accountID  = regexp.MustCompile(`^[0-9]{12}$`)
)

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
