package ecr_test

import (
	"context"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/concourse/concourse-kubernetes/atc/ecr"
)

var _ = Describe("a login for ECR in a web node that has an AWS identity of its own", func() {
	const builder = "arn:aws:iam::111122223333:role/builder"

	var (
		aws         *fakeAWS
		credentials ecr.Credentials
	)

	BeforeEach(func() {
		aws = newFakeAWS()
		credentials = ecr.Credentials{
			AccessKeyID:     "AKIDSOURCE",
			SecretAccessKey: "the-secret-key",
			SessionToken:    "the-session-token",
			Region:          "eu-west-1",
		}
	})

	login := func(ctx context.Context) (ecr.Login, error) {
		GinkgoHelper()
		return ecr.NewClient(aws.URL).Login(ctx, credentials)
	}

	BeforeEach(func() {
		config := filepath.Join(GinkgoT().TempDir(), "config")
		Expect(os.WriteFile(config, []byte(`
[profile web]
aws_access_key_id = AKIDWEB
aws_secret_access_key = web
region = web-region-1
role_arn = arn:aws:iam::999999999999:role/web
source_profile = web
endpoint_url = http://127.0.0.1:1
`), 0o600)).To(Succeed())
		for name, value := range map[string]string{
			"AWS_ACCESS_KEY_ID":                      "AKIDWEB",
			"AWS_SECRET_ACCESS_KEY":                  "web",
			"AWS_SESSION_TOKEN":                      "web",
			"AWS_REGION":                             "web-region-1",
			"AWS_DEFAULT_REGION":                     "web-region-1",
			"AWS_PROFILE":                            "web",
			"AWS_CONFIG_FILE":                        config,
			"AWS_SHARED_CREDENTIALS_FILE":            config,
			"AWS_ROLE_ARN":                           "arn:aws:iam::999999999999:role/web",
			"AWS_WEB_IDENTITY_TOKEN_FILE":            config,
			"AWS_CONTAINER_CREDENTIALS_FULL_URI":     aws.URL,
			"AWS_EC2_METADATA_SERVICE_ENDPOINT":      aws.URL,
			"AWS_ENDPOINT_URL":                       "http://127.0.0.1:1",
			"AWS_ENDPOINT_URL_ECR":                   "http://127.0.0.1:1",
			"AWS_ENDPOINT_URL_STS":                   "http://127.0.0.1:1",
			"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/web",
		} {
			GinkgoT().Setenv(name, value)
		}
	})

	It("is asked for with the source's", func(ctx SpecContext) {
		credentials.SessionToken = ""
		credentials.RoleARNs = []string{builder}

		Expect(login(ctx)).To(HaveField("Password", "the-password"))
		Expect(aws.calls).To(HaveExactElements(
			And(HaveField("Service", "sts"), HaveField("KeyID", "AKIDSOURCE"), HaveField("Region", "eu-west-1"), HaveField("SessionToken", "")),
			And(HaveField("Service", "ecr"), HaveField("KeyID", "key-of-builder"), HaveField("Region", "eu-west-1")),
		))
	})

	It("is not asked for without the source's", func(ctx SpecContext) {
		credentials.AccessKeyID, credentials.SecretAccessKey, credentials.SessionToken = "", "", ""

		_, err := login(ctx)

		Expect(err).To(MatchError(ContainSubstring("aws_access_key_id and aws_secret_access_key are not both set")))
		Expect(aws.calls).To(BeEmpty())
	})
})
