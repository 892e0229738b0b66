package ecr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// explain says what failed, what AWS said and what to do. AWS's error is not
// wrapped, because its text may repeat a session token.
func explain(ctx context.Context, request string, err error, secrets []string) error {
	if ctx.Err() != nil {
		return fmt.Errorf("log in to ECR: %s: %w", request, context.Cause(ctx))
	}

	said := err.Error()
	advice := "check aws_region, and that the web node reaches AWS"
	var apiError smithy.APIError
	var response *awshttp.ResponseError
	switch {
	case errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusInternalServerError:
		advice = "AWS, or a proxy before it, is out of order: try again later"
	case errors.As(err, &apiError):
		said = apiError.ErrorCode() + ": " + apiError.ErrorMessage()
		advice = adviceOn(apiError.ErrorCode())
	}
	return errors.New("log in to ECR: " + request + ": " + redact(said, secrets) + ": " + advice)
}

// adviceOn knows the codes of AWS's common errors, which both services spell in
// their own way.
func adviceOn(code string) string {
	switch strings.TrimSuffix(code, "Exception") {
	case "UnrecognizedClient", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSignature", "IncompleteSignature":
		return "check aws_access_key_id, aws_secret_access_key and aws_session_token"
	case "ExpiredToken", "RequestExpired":
		return "the session has ended, or the web node's clock is wrong: renew the keys and aws_session_token"
	case "AccessDenied":
		return "grant this action to the keys or the role; the trust policy of a role to assume has to allow it too"
	case "ValidationError", "MalformedPolicyDocument":
		return "check aws_role_arn or aws_role_arns"
	case "RegionDisabled", "OptInRequired":
		return "check aws_region; the account may have to enable the region first"
	case "Throttling", "TooManyRequests", "LimitExceeded":
		return "AWS limits such requests: try again later"
	}
	return "look the error's code up in AWS's documentation of the action"
}

func secretsOf(identity aws.Credentials) []string {
	return []string{identity.SecretAccessKey, identity.SessionToken}
}

func redact(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, "((redacted))")
		}
	}
	return text
}
