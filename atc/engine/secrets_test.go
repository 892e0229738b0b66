package engine

import (
	"encoding/json"
	"errors"

	"code.cloudfoundry.org/lager/v3/lagerctx"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/creds"
	"github.com/concourse/concourse/atc/exec/execfakes"
	"github.com/concourse/concourse/atc/runtime"
	"github.com/concourse/concourse/atc/worker"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// secretsOf are the values of vars that nobody but a kubelet and AWS is to see.
// All have "some-secret" in them, whatever else an encoding makes of them.
var secretsOf = map[string]any{
	"password":        `some-secret"&<>\`,
	"mirror-password": "some-secret-of-the-mirror",
	"aws-secret":      "some-secret-of-aws",
	"aws-session":     "some-secret-of-a-session",
	"repository-url":  "https://user:some-secret@registry.example/a",
}

// ecrToken is the secret that web reads nowhere but gets from AWS.
const ecrToken = "some-secret-that-aws-gave"

func withLogin(more atc.Source) atc.Source {
	source := atc.Source{"repository": "a/b", "username": "some-user", "password": "((password))"}
	for field, value := range more {
		source[field] = value
	}
	return source
}

func withMirror() atc.Source {
	return withLogin(atc.Source{"registry_mirror": map[string]any{"host": "mirror.example", "username": "mirror-user", "password": "((mirror-password))"}})
}

func onECR() atc.Source {
	return withLogin(atc.Source{
		"aws_region": "eu-west-1", "aws_access_key_id": "some-key-id",
		"aws_secret_access_key": "((aws-secret))", "aws_session_token": "((aws-session))",
	})
}

var _ = DescribeTableSubtree("no secret is in an event, a log line, an error, the image's URL or a policy's input:", func(source atc.Source, set func(*fixture)) {
	var f *fixture

	BeforeEach(func() {
		f = newFixture()
		for name, value := range secretsOf {
			f.vars[name] = value
		}
		f.policies.ShouldCheckActionReturns(true)
		f.verdict.AllowedReturns(true)
		f.logins.registry, f.logins.username, f.logins.password = "123456789012.dkr.ecr.eu-west-1.amazonaws.com", "AWS", ecrToken
		f.get.Get.Source = source
		set(f)
	})

	expectNoSecrets := func(image runtime.ImageSpec, err error) {
		GinkgoHelper()
		var inputs []any
		for i := range f.policies.CheckCallCount() {
			inputs = append(inputs, f.policies.CheckArgsForCall(i))
		}
		visible := map[string]any{
			"events": f.events(), "lines": f.lines(), "log": string(f.log.Buffer().Contents()), "image": image.ImageURL, "policy": inputs,
		}
		if err != nil {
			visible["error"] = err.Error()
		}
		encoded, err := json.Marshal(visible)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(encoded)).NotTo(ContainSubstring("some-secret"))
	}

	// pullFails has the kubelet turn from each registry to the next.
	pullFails := func(images *buildStepDelegate) {
		fetched := images.NativeImages()
		for i := 1; i < len(fetched); i++ {
			images.PullFailed(fetched[i-1], fetched[i], errors.New("unauthorized"))
		}
	}

	It("for the image of a resource", func(ctx SpecContext) {
		image, _, err := f.fetch(ctx)
		pullFails(f.delegate)
		expectNoSecrets(image, err)
	})

	It("for the image of a task, whose vars the task has interpolated", func(ctx SpecContext) {
		f.secrets = secretsOf
		images := f.factory().newBuildStepDelegate(f.build, "1", worker.Spec{}, f.state(), f.upstream)
		parsed, err := creds.NewSource(f.vars, f.get.Get.Source).Evaluate()
		Expect(err).NotTo(HaveOccurred())

		upstream := new(execfakes.FakeTaskDelegate)
		image, err := newTaskDelegate(upstream, images).FetchImage(lagerctx.NewContext(ctx, f.log),
			atc.ImageResource{Type: "registry-image", Source: parsed}, nil, false, nil, false)
		pullFails(images)
		expectNoSecrets(image, err)
	})
},
	Entry("a login", withLogin(nil), func(*fixture) {}),
	Entry("a mirror", withMirror(), func(*fixture) {}),
	Entry("Amazon ECR", onECR(), func(*fixture) {}),
	Entry("an image that is not left to the kubelet", withLogin(atc.Source{"insecure": true}), func(*fixture) {}),
	Entry("a field that nobody knows", withLogin(atc.Source{"api_key": "((password))"}), func(*fixture) {}),
	Entry("a certificate", withLogin(atc.Source{"ca_certs": []any{"((password))"}}), func(*fixture) {}),
	Entry("a login of the wrong kind", withLogin(atc.Source{"username": map[string]any{"name": "((password))"}}), func(*fixture) {}),
	Entry("a repository that holds a login", withLogin(atc.Source{"repository": "https://user:((password))@registry.example/a"}), func(*fixture) {}),
	Entry("a repository that is a secret", withLogin(atc.Source{"repository": "((repository-url))"}), func(*fixture) {}),
	Entry("a tag that is a secret", withLogin(atc.Source{"tag": "((password))"}), func(f *fixture) { f.versions = nil }),
	Entry("a mirror whose host holds a login", withLogin(atc.Source{"registry_mirror": map[string]any{"host": "user:((password))@mirror.example"}}), func(*fixture) {}),
	Entry("an error of AWS", onECR(), func(f *fixture) { f.logins.err = errors.New("AccessDenied") }),
	Entry("an answer of AWS that is wrong", onECR(), func(f *fixture) { f.logins.registry = "no registry" }),
	Entry("a policy that denies", withMirror(), func(f *fixture) {
		f.verdict.AllowedReturns(false)
		f.verdict.ShouldBlockReturns(true)
	}),
	Entry("a policy that denies softly", withMirror(), func(f *fixture) { f.verdict.AllowedReturns(false) }),
	Entry("a check that fails", withMirror(), func(f *fixture) { f.checkFails = true }),
	Entry("a version that is wrong", withMirror(), func(f *fixture) { f.versions["1/image-check"] = atc.Version{"digest": "sha256:1"} }),
	Entry("a tag that is wrong", withMirror(), func(f *fixture) { f.versions["1/image-check"] = atc.Version{"tag": "a b"} }),
	Entry("a database that fails", withMirror(), func(f *fixture) { f.build.SaveImageResourceVersionReturns(errors.New("nope")) }),
)
