package ecr_test

import (
	"context"
	"errors"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"

	"github.com/concourse/concourse-kubernetes/atc/ecr"
)

var _ = Describe("a login for ECR", func() {
	const (
		builder = "arn:aws:iam::111122223333:role/builder"
		puller  = "arn:aws:iam::444455556666:role/puller"
	)

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

	beWithoutSecrets := func() types.GomegaMatcher {
		return MatchError(Not(Or(
			ContainSubstring("the-secret-key"),
			ContainSubstring("the-session-token"),
			ContainSubstring("the-password"),
			ContainSubstring("secret-of-"),
			ContainSubstring("token-of-"),
		)))
	}

	It("is asked for with the source's keys, in its region", func(ctx SpecContext) {
		Expect(login(ctx)).To(Equal(ecr.Login{
			Registry: "111122223333.dkr.ecr.eu-west-1.amazonaws.com",
			Username: "AWS",
			Password: "the-password",
		}))
		Expect(aws.calls).To(Equal([]call{{
			Action: "GetAuthorizationToken", KeyID: "AKIDSOURCE", Region: "eu-west-1", Service: "ecr", SessionToken: "the-session-token",
		}}))
	})

	It("needs no session token", func(ctx SpecContext) {
		credentials.SessionToken = ""

		Expect(login(ctx)).To(HaveField("Password", "the-password"))
		Expect(aws.calls).To(HaveExactElements(HaveField("SessionToken", "")))
	})

	It("is for the registry of the account that the source names", func(ctx SpecContext) {
		credentials.AccountID, credentials.Region = "444455556666", "us-east-2"

		Expect(login(ctx)).To(HaveField("Registry", "444455556666.dkr.ecr.us-east-2.amazonaws.com"))
	})

	It("is asked for as the last role, each role being assumed as the one before it", func(ctx SpecContext) {
		credentials.RoleARNs = []string{builder, puller}

		Expect(login(ctx)).To(HaveField("Password", "the-password"))
		Expect(aws.calls).To(HaveExactElements(
			And(HaveField("Action", "AssumeRole"), HaveField("Service", "sts"), HaveField("Region", "eu-west-1"), HaveField("KeyID", "AKIDSOURCE"),
				HaveField("SessionToken", "the-session-token"), HaveField("Form", HaveKeyWithValue("RoleArn", []string{builder}))),
			And(HaveField("Action", "AssumeRole"), HaveField("KeyID", "key-of-builder"),
				HaveField("SessionToken", "token-of-builder"), HaveField("Form", HaveKeyWithValue("RoleArn", []string{puller}))),
			And(HaveField("Action", "GetAuthorizationToken"), HaveField("KeyID", "key-of-puller"), HaveField("SessionToken", "token-of-puller")),
		))
	})

	Describe("that AWS refuses", func() {
		It("says what AWS said of the keys", func(ctx SpecContext) {
			aws.fail = func(_ int, w http.ResponseWriter) bool {
				ecrError(w, "UnrecognizedClientException", "The security token included in the request is invalid.")
				return true
			}

			_, err := login(ctx)

			Expect(err).To(MatchError("log in to ECR: ecr:GetAuthorizationToken in region eu-west-1 with the source's keys: " +
				"UnrecognizedClientException: The security token included in the request is invalid.: " +
				"check aws_access_key_id, aws_secret_access_key and aws_session_token"))
			Expect(aws.calls).To(HaveLen(1), "trying again is no use")
		})

		It("says which role could not be assumed, and as whom", func(ctx SpecContext) {
			credentials.RoleARNs = []string{builder, puller}
			aws.fail = func(number int, w http.ResponseWriter) bool {
				if number < 2 {
					return false
				}
				stsError(w, "AccessDenied", "User is not authorized to perform: sts:AssumeRole")
				return true
			}

			_, err := login(ctx)

			Expect(err).To(MatchError("log in to ECR: sts:AssumeRole of " + puller + " in region eu-west-1 with role " + builder + ": " +
				"AccessDenied: User is not authorized to perform: sts:AssumeRole: " +
				"grant this action to the keys or the role; the trust policy of a role to assume has to allow it too"))
		})

		DescribeTable("repeats no secret of the source, or of a role",
			func(ctx SpecContext, secret string) {
				credentials.RoleARNs = []string{builder}
				aws.fail = func(number int, w http.ResponseWriter) bool {
					if number < 2 {
						return false
					}
					ecrError(w, "InvalidSignatureException", "The canonical request should have been x-amz-security-token:"+secret)
					return true
				}

				_, err := login(ctx)

				Expect(err).To(MatchError(ContainSubstring("x-amz-security-token:((redacted))")))
				Expect(err).To(beWithoutSecrets())
			},
			Entry("its secret key", "the-secret-key"),
			Entry("its session token", "the-session-token"),
			Entry("the role's secret key", "secret-of-builder"),
			Entry("the role's session token", "token-of-builder"),
		)
	})

	Describe("that AWS answers in a way that can't be used", func() {
		DescribeTable("says so, without the password",
			func(ctx SpecContext, answer []map[string]any, message string) {
				aws.authorization = answer

				_, err := login(ctx)

				Expect(err).To(MatchError(And(HavePrefix("log in to ECR: ecr:GetAuthorizationToken in region eu-west-1"), ContainSubstring(message))))
				Expect(err).To(beWithoutSecrets())
			},
			Entry("nothing", nil, "no authorization data"),
			Entry("a token that is not base64", []map[string]any{{"authorizationToken": "AWS:the-password", "proxyEndpoint": "https://a.example"}}, "not base64"),
			Entry("no token", []map[string]any{{"proxyEndpoint": "https://a.example"}}, "not user:password"),
			Entry("a token without a colon", authorization("the-password", "https://a.example"), "not user:password"),
			Entry("a token without a user", authorization(":the-password", "https://a.example"), "not user:password"),
			Entry("a token without a password", authorization("AWS:", "https://a.example"), "not user:password"),
			Entry("no registry", authorization("AWS:the-password", ""), "set aws_account_id"),
			Entry("a registry that is no URL", authorization("AWS:the-password", "a.example"), `"a.example" is not a URL`),
		)

		It("says so of a role without credentials", func(ctx SpecContext) {
			credentials.RoleARNs = []string{builder}
			aws.fail = func(_ int, w http.ResponseWriter) bool {
				_, err := w.Write([]byte(`<AssumeRoleResponse><AssumeRoleResult></AssumeRoleResult></AssumeRoleResponse>`))
				Expect(err).NotTo(HaveOccurred())
				return true
			}

			_, err := login(ctx)

			Expect(err).To(MatchError(And(ContainSubstring(builder), ContainSubstring("no credentials"))))
		})
	})

	It("is asked for again when AWS is out of order", func(ctx SpecContext) {
		aws.fail = func(number int, w http.ResponseWriter) bool {
			if number == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
			return number == 1
		}

		Expect(login(ctx)).To(HaveField("Password", "the-password"))
		Expect(aws.calls).To(HaveLen(2))
	})

	It("is not asked for forever", func(ctx SpecContext) {
		aws.fail = func(_ int, w http.ResponseWriter) bool {
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}

		_, err := login(ctx)

		Expect(err).To(MatchError(And(ContainSubstring("503"), ContainSubstring("try again later"))))
		Expect(aws.calls).To(HaveLen(3))
	})

	It("says what to do when AWS can't be reached", func(ctx SpecContext) {
		aws.Close()

		_, err := login(ctx)

		Expect(err).To(MatchError(And(ContainSubstring("connection refused"), HaveSuffix("check aws_region, and that the web node reaches AWS"))))
	})

	It("is given up, without another try, when the build is", func(ctx SpecContext) {
		aborted := errors.New("build aborted")
		building, abort := context.WithCancelCause(ctx)
		aws.fail = func(_ int, w http.ResponseWriter) bool {
			abort(aborted)
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		}

		_, err := login(building)

		Expect(err).To(MatchError(aborted))
		Expect(err).To(MatchError(ContainSubstring("ecr:GetAuthorizationToken")))
		Expect(aws.calls).To(HaveLen(1))
	})
})
