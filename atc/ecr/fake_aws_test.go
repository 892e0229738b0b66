package ecr_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// call is a request as AWS sees it.
type call struct {
	// Action is that of STS or ECR: AssumeRole, GetAuthorizationToken.
	Action string

	// KeyID, Region and Service are those that the request is signed for.
	KeyID, Region, Service string

	SessionToken string

	// Form holds the parameters of a call of STS.
	Form url.Values
}

// fakeAWS answers as STS and ECR do, by default with success.
type fakeAWS struct {
	*httptest.Server

	calls []call

	// fail, if set, answers a call of that number, from 1 on, in their place.
	fail func(number int, w http.ResponseWriter) bool

	// authorization is the answer of ECR.
	authorization []map[string]any
}

const target = "AmazonEC2ContainerRegistry_V20150921."

var credentialScope = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([^/]+)/([^/]+)/aws4_request, SignedHeaders=\S+, Signature=[0-9a-f]{64}$`)

func newFakeAWS() *fakeAWS {
	aws := &fakeAWS{authorization: authorization("AWS:the-password", "https://111122223333.dkr.ecr.eu-west-1.amazonaws.com")}
	aws.Server = httptest.NewServer(http.HandlerFunc(aws.answer))
	DeferCleanup(aws.Close)
	return aws
}

func authorization(token, endpoint string) []map[string]any {
	return []map[string]any{{
		"authorizationToken": base64.StdEncoding.EncodeToString([]byte(token)),
		"expiresAt":          1.7e9,
		"proxyEndpoint":      endpoint,
	}}
}

func (aws *fakeAWS) answer(w http.ResponseWriter, r *http.Request) {
	defer GinkgoRecover()

	scope := credentialScope.FindStringSubmatch(r.Header.Get("Authorization"))
	Expect(scope).NotTo(BeNil(), "not signed as AWS wants it: "+r.Header.Get("Authorization"))
	received := call{KeyID: scope[1], Region: scope[2], Service: scope[3], SessionToken: r.Header.Get("X-Amz-Security-Token")}

	body, err := io.ReadAll(r.Body)
	Expect(err).NotTo(HaveOccurred())
	if received.Service == "sts" {
		received.Form, err = url.ParseQuery(string(body))
		Expect(err).NotTo(HaveOccurred())
		received.Action = received.Form.Get("Action")
	} else {
		Expect(r.Header.Get("Content-Type")).To(Equal("application/x-amz-json-1.1"))
		Expect(r.Header.Get("X-Amz-Target")).To(HavePrefix(target))
		received.Action = r.Header.Get("X-Amz-Target")[len(target):]
	}
	aws.calls = append(aws.calls, received)

	if aws.fail != nil && aws.fail(len(aws.calls), w) {
		return
	}
	switch received.Action {
	case "AssumeRole":
		aws.assumeRole(w, received.Form.Get("RoleArn"))
	case "GetAuthorizationToken":
		Expect(json.NewEncoder(w).Encode(map[string]any{"authorizationData": aws.authorization})).To(Succeed())
	default:
		Fail("called " + received.Action)
	}
}

// assumeRole gives out keys that are named after the role.
func (aws *fakeAWS) assumeRole(w http.ResponseWriter, role string) {
	fmt.Fprintf(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>`+
		`<AccessKeyId>key-of-%[1]s</AccessKeyId><SecretAccessKey>secret-of-%[1]s</SecretAccessKey>`+
		`<SessionToken>token-of-%[1]s</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration>`+
		`</Credentials></AssumeRoleResult></AssumeRoleResponse>`, nameOf(role))
}

func nameOf(role string) string {
	return regexp.MustCompile(`[^/]*$`).FindString(role)
}

func ecrError(w http.ResponseWriter, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.WriteHeader(http.StatusBadRequest)
	Expect(json.NewEncoder(w).Encode(map[string]string{"__type": code, "message": message})).To(Succeed())
}

func stsError(w http.ResponseWriter, code, message string) {
	w.WriteHeader(http.StatusForbidden)
	fmt.Fprintf(w, `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>`+
		`<Code>%s</Code><Message>%s</Message></Error></ErrorResponse>`, code, message)
}
