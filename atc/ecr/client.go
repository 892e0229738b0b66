package ecr

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awsecr "github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const (
	attempts       = 3
	maxBackoff     = time.Second
	attemptTimeout = 20 * time.Second

	// roleSeconds is the shortest session of a role that STS grants. It is needed
	// for one request only.
	roleSeconds = 900

	// roleSession is what AWS's audit log calls the session of an assumed role.
	roleSession = "concourse-native-image-fetch"
)

// Client asks AWS for registry logins.
type Client struct {
	endpoint   string
	httpClient aws.HTTPClient
}

// NewClient returns a client of AWS's own endpoints, or of the one URL that is
// given in their place, for tests.
func NewClient(endpoint string) *Client {
	return &Client{
		endpoint:   endpoint,
		httpClient: awshttp.NewBuildableClient().WithTimeout(attemptTimeout),
	}
}

// Login assumes the roles, if any, and returns a login for the registry, which
// AWS lets expire after 12 hours. Each request is tried up to three times as
// long as trying again may help.
//
// An error says which request failed, what AWS said and what to do. It holds
// neither keys nor tokens, even where AWS repeats them. If ctx has ended, it
// wraps the cause.
func (c *Client) Login(ctx context.Context, wanted Credentials) (Login, error) {
	if err := wanted.validate(); err != nil {
		return Login{}, fmt.Errorf("log in to ECR: %w", err)
	}

	identity := aws.Credentials{
		AccessKeyID:     wanted.AccessKeyID,
		SecretAccessKey: wanted.SecretAccessKey,
		SessionToken:    wanted.SessionToken,
	}
	as := "the source's keys"
	secrets := secretsOf(identity)

	for _, role := range wanted.RoleARNs {
		assumed, err := c.assumeRole(ctx, wanted.Region, identity, role)
		if err != nil {
			request := fmt.Sprintf("sts:AssumeRole of %s in region %s with %s", role, wanted.Region, as)
			return Login{}, explain(ctx, request, err, secrets)
		}
		identity, as = assumed, "role "+role
		secrets = append(secrets, secretsOf(identity)...)
	}

	answer, err := c.ecr(wanted.Region, identity).GetAuthorizationToken(ctx, &awsecr.GetAuthorizationTokenInput{})
	request := fmt.Sprintf("ecr:GetAuthorizationToken in region %s with %s", wanted.Region, as)
	if err != nil {
		return Login{}, explain(ctx, request, err, secrets)
	}
	login, err := readLogin(answer, wanted)
	if err != nil {
		return Login{}, fmt.Errorf("log in to ECR: %s: %w", request, err)
	}
	return login, nil
}

func (c *Client) assumeRole(ctx context.Context, region string, identity aws.Credentials, role string) (aws.Credentials, error) {
	answer, err := c.sts(region, identity).AssumeRole(ctx, &sts.AssumeRoleInput{
		RoleArn:         aws.String(role),
		RoleSessionName: aws.String(roleSession),
		DurationSeconds: aws.Int32(roleSeconds),
	})
	if err != nil {
		return aws.Credentials{}, err
	}
	if answer.Credentials == nil {
		return aws.Credentials{}, errors.New("the answer has no credentials")
	}
	return aws.Credentials{
		AccessKeyID:     aws.ToString(answer.Credentials.AccessKeyId),
		SecretAccessKey: aws.ToString(answer.Credentials.SecretAccessKey),
		SessionToken:    aws.ToString(answer.Credentials.SessionToken),
	}, nil
}

// ecr and sts make clients from nothing but what is given here: a config that
// the SDK loads by itself would bring the web node's identity.
func (c *Client) ecr(region string, identity aws.Credentials) *awsecr.Client {
	return awsecr.New(awsecr.Options{
		Region:       region,
		BaseEndpoint: c.baseEndpoint(),
		Credentials:  credentials.StaticCredentialsProvider{Value: identity},
		HTTPClient:   c.httpClient,
		Retryer:      boundedRetries(),
	})
}

func (c *Client) sts(region string, identity aws.Credentials) *sts.Client {
	return sts.New(sts.Options{
		Region:       region,
		BaseEndpoint: c.baseEndpoint(),
		Credentials:  credentials.StaticCredentialsProvider{Value: identity},
		HTTPClient:   c.httpClient,
		Retryer:      boundedRetries(),
	})
}

func (c *Client) baseEndpoint() *string {
	if c.endpoint == "" {
		return nil
	}
	return &c.endpoint
}

func boundedRetries() aws.Retryer {
	return retry.NewStandard(func(options *retry.StandardOptions) {
		options.MaxAttempts = attempts
		options.MaxBackoff = maxBackoff
	})
}
