package ecr

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
)

// Login is a login for one registry.
type Login struct {
	// Registry is the registry's host. The repository of an image in ECR is
	// Registry/repository, with the repository that the source names.
	Registry string

	Username, Password string
}

// readLogin takes the login from AWS's answer. Its errors don't quote the token,
// which holds the password.
func readLogin(answer *awsecr.GetAuthorizationTokenOutput, wanted Credentials) (Login, error) {
	if len(answer.AuthorizationData) == 0 {
		return Login{}, errors.New("the answer has no authorization data: check that the account may use ECR in this region")
	}
	data := answer.AuthorizationData[0]

	token, err := base64.StdEncoding.DecodeString(aws.ToString(data.AuthorizationToken))
	if err != nil {
		return Login{}, errors.New("the answer's token is not base64: check what stands between the web node and AWS")
	}
	username, password, _ := strings.Cut(string(token), ":")
	if username == "" || password == "" {
		return Login{}, errors.New("the answer's token is not user:password: check what stands between the web node and AWS")
	}

	registry, err := registryHost(wanted, aws.ToString(data.ProxyEndpoint))
	return Login{Registry: registry, Username: username, Password: password}, err
}

// registryHost is made up of the account and the region as the resource does
// it, which is right everywhere but in China; without an account it is what AWS
// says.
func registryHost(wanted Credentials, proxyEndpoint string) (string, error) {
	if wanted.AccountID != "" {
		return fmt.Sprintf("%s.dkr.ecr.%s.amazonaws.com", wanted.AccountID, wanted.Region), nil
	}
	parsed, err := url.Parse(proxyEndpoint)
	if err != nil || parsed.Host == "" {
		return "", fmt.Errorf("the answer's registry %q is not a URL with a host: set aws_account_id in the source", proxyEndpoint)
	}
	return parsed.Host, nil
}
