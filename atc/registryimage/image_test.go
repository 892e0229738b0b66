package registryimage_test

import (
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

const digest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// with is a source of that repository with more fields.
func with(repository any, more ...atc.Source) atc.Source {
	source := atc.Source{"repository": repository}
	for _, fields := range more {
		source = source.Merge(fields)
	}
	return source
}

func parse(source atc.Source) registryimage.Source {
	GinkgoHelper()
	parsed, err := registryimage.Parse(source, nil)
	Expect(err).NotTo(HaveOccurred())
	return parsed
}

var _ = Describe("Source.Image", func() {
	DescribeTable("names the image for the kubelet",
		func(source atc.Source, version atc.Version, reference string) {
			image, err := parse(source).Image(version)
			Expect(err).NotTo(HaveOccurred())
			Expect(image.Reference).To(Equal(reference))
			Expect(image.Pinned).To(Equal(version["digest"] != ""))
		},
		Entry("a short name on Docker Hub", with("busybox"), atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("library on Docker Hub", with("library/busybox"), atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("a name with an owner", with("concourse/git-resource"), atc.Version{"digest": digest}, "docker.io/concourse/git-resource@"+digest),
		Entry("docker.io", with("docker.io/library/busybox"), atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("docker.io with a short name", with("docker.io/busybox"), atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("index.docker.io", with("index.docker.io/library/busybox"), atc.Version{"digest": digest}, "docker.io/library/busybox@"+digest),
		Entry("a host with a port", with("registry.example:5000/team/app"), atc.Version{"digest": digest}, "registry.example:5000/team/app@"+digest),
		Entry("a host in upper case", with("GHCR.io/a/b"), atc.Version{"digest": digest}, "GHCR.io/a/b@"+digest),
		Entry("localhost", with("localhost:5000/app"), atc.Version{"digest": digest}, "localhost:5000/app@"+digest),
		Entry("localhost without a port", with("localhost/app"), atc.Version{"digest": digest}, "localhost/app@"+digest),
		Entry("an IPv4 address", with("192.0.2.1:5000/app"), atc.Version{"digest": digest}, "192.0.2.1:5000/app@"+digest),
		Entry("an IPv6 address", with("[2001:db8::1]:5000/app"), atc.Version{"digest": digest}, "[2001:db8::1]:5000/app@"+digest),
		Entry("a nested path", with("ghcr.io/a/b/c/d"), atc.Version{"digest": digest}, "ghcr.io/a/b/c/d@"+digest),
		Entry("separators in a path", with("ghcr.io/a-b/c.d/e__f"), atc.Version{"digest": digest}, "ghcr.io/a-b/c.d/e__f@"+digest),

		Entry("a digest wins over the version's tag", with("ghcr.io/a/b"), atc.Version{"tag": "1.2", "digest": digest}, "ghcr.io/a/b@"+digest),
		Entry("a digest wins over the source's tag", with("ghcr.io/a/b", atc.Source{"tag": "1.2"}), atc.Version{"digest": digest}, "ghcr.io/a/b@"+digest),
		Entry("a version with only a tag", with("ghcr.io/a/b"), atc.Version{"tag": "1.2"}, "ghcr.io/a/b:1.2"),
		Entry("a version's tag wins over the source's", with("ghcr.io/a/b", atc.Source{"tag": "1.1"}), atc.Version{"tag": "1.2"}, "ghcr.io/a/b:1.2"),
		Entry("a semver source's version has tag and digest", with("ghcr.io/a/b", atc.Source{"semver_constraint": ">= 1", "variant": "alpine", "pre_releases": true}),
			atc.Version{"tag": "1.2.0-rc.1-alpine", "digest": digest}, "ghcr.io/a/b@"+digest),
		Entry("no version, a tag in the source", with("ghcr.io/a/b", atc.Source{"tag": "1.2"}), nil, "ghcr.io/a/b:1.2"),
		Entry("no version, tag: latest", with("ghcr.io/a/b", atc.Source{"tag": "latest"}), nil, "ghcr.io/a/b:latest"),
		Entry("a tag that YAML made a number", with("ghcr.io/a/b", atc.Source{"tag": 1.2}), nil, "ghcr.io/a/b:1.2"),
		Entry("a tag that YAML made a boolean", with("ghcr.io/a/b", atc.Source{"tag": true}), nil, "ghcr.io/a/b:true"),
		Entry("neither version nor tag", with("ghcr.io/a/b"), nil, "ghcr.io/a/b:latest"),
		Entry("an empty version", with("ghcr.io/a/b"), atc.Version{}, "ghcr.io/a/b:latest"),

		Entry("Amazon ECR whose account is given", with("app", atc.Source{"aws_region": "eu-west-1", "aws_account_id": "012345678910"}), atc.Version{"digest": digest},
			"012345678910.dkr.ecr.eu-west-1.amazonaws.com/app@"+digest),
		Entry("aws_ fields without a region, which the resource ignores", with("ghcr.io/a/b", atc.Source{"aws_access_key_id": "some-key", "aws_account_id": "012345678910"}),
			atc.Version{"digest": digest}, "ghcr.io/a/b@"+digest),
	)

	DescribeTable("has no tag to fall back on for a source that admits only some",
		func(field string, value any) {
			_, err := parse(with("ghcr.io/a/b", atc.Source{field: value})).Image(nil)
			Expect(err).To(MatchError(And(ContainSubstring("ghcr.io/a/b"), ContainSubstring(field))))

			for _, known := range []atc.Version{{"digest": digest}, {"tag": "1.2"}} {
				_, err := parse(with("ghcr.io/a/b", atc.Source{field: value})).Image(known)
				Expect(err).NotTo(HaveOccurred())
			}
			image, err := parse(with("ghcr.io/a/b", atc.Source{field: value, "tag": "1.2"})).Image(nil)
			Expect(err).NotTo(HaveOccurred(), "the resource goes by the tag alone")
			Expect(image.Reference).To(Equal("ghcr.io/a/b:1.2"))
		},
		Entry(nil, "semver_constraint", "< 2"),
		Entry(nil, "variant", "alpine"),
		Entry(nil, "tag_regex", "^nightly-"),
	)

	It("falls back on latest where only pre-releases are asked for, which exclude no tag", func() {
		image, err := parse(with("ghcr.io/a/b", atc.Source{"pre_releases": true})).Image(nil)
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Reference).To(Equal("ghcr.io/a/b:latest"))
	})

	DescribeTable("takes the login",
		func(source atc.Source, username, password string) {
			image, err := parse(source).Image(atc.Version{"digest": digest})
			Expect(err).NotTo(HaveOccurred())
			Expect([]string{image.Username, image.Password}).To(Equal([]string{username, password}))
			Expect(image.Reference).NotTo(Or(ContainSubstring("some-user"), ContainSubstring("some-secret")))
		},
		Entry("none", with("ghcr.io/a/b"), "", ""),
		Entry("of the source", with("ghcr.io/a/b", atc.Source{"username": "some-user", "password": "some-secret"}), "some-user", "some-secret"),
		Entry("none of half a one, as the resource does", with("ghcr.io/a/b", atc.Source{"username": "some-user", "password": ""}), "", ""),
	)

	DescribeTable("names what is wrong with the version",
		func(version atc.Version, message string) {
			image, err := parse(with("ghcr.io/a/b")).Image(version)
			Expect(err).To(MatchError(And(ContainSubstring("ghcr.io/a/b"), ContainSubstring(message))))
			Expect(image).To(BeZero())
		},
		Entry("a digest that is too short", atc.Version{"digest": "sha256:abc"}, `the digest "sha256:abc"`),
		Entry("a digest of another kind", atc.Version{"digest": "md5:abc"}, `the digest "md5:abc"`),
		Entry("a digest that is none", atc.Version{"digest": "latest"}, `the digest "latest"`),
		Entry("a tag that is none", atc.Version{"tag": "a b"}, `ghcr.io/a/b:a b`),
	)
})

var _ = Describe("a registry_mirror", func() {
	mirrored := func(host, username, password string) atc.Source {
		return atc.Source{
			"username": "hub-user", "password": "hub-secret",
			"registry_mirror": map[string]any{"host": host, "username": username, "password": password},
		}
	}

	DescribeTable("becomes the reference's host, with its own login",
		func(source atc.Source, reference, username string) {
			onMirror, mirrored, err := parse(source).OnMirror()
			Expect(err).NotTo(HaveOccurred())
			Expect(mirrored).To(BeTrue())
			image, err := onMirror.Image(atc.Version{"digest": digest})
			Expect(err).NotTo(HaveOccurred())
			Expect(image.Reference).To(Equal(reference))
			Expect(image.Username).To(Equal(username))
		},
		Entry("for a short name", with("busybox", mirrored("mirror.example", "some-user", "some-secret")), "mirror.example/library/busybox@"+digest, "some-user"),
		Entry("for docker.io", with("docker.io/a/b", mirrored("mirror.example:5000", "some-user", "some-secret")), "mirror.example:5000/a/b@"+digest, "some-user"),
		Entry("without a login: not with Docker Hub's", with("a/b", mirrored("mirror.example", "", "")), "mirror.example/a/b@"+digest, ""),
	)

	DescribeTable("is only for Docker Hub's images, as in the resource",
		func(source atc.Source) {
			_, mirrored, err := parse(source).OnMirror()
			Expect(err).NotTo(HaveOccurred())
			Expect(mirrored).To(BeFalse())
		},
		Entry("another registry", with("ghcr.io/a/b", mirrored("mirror.example", "", ""))),
		Entry("Amazon ECR", with("app", mirrored("mirror.example", "", ""), atc.Source{"aws_region": "eu-west-1"})),
		Entry("no mirror", with("busybox")),
	)

	It("whose host is not one is an error", func() {
		onMirror, mirrored, err := parse(with("busybox", mirrored("https://mirror.example", "", ""))).OnMirror()
		Expect(err).To(MatchError(ContainSubstring("https://mirror.example")))
		Expect(onMirror).To(BeZero())
		Expect(mirrored).To(BeFalse())
	})
})

var _ = Describe("a source of Amazon ECR", func() {
	source := with("team/app", atc.Source{
		"aws_region": "eu-west-1", "aws_access_key_id": "some-key", "aws_secret_access_key": "some-secret",
		"aws_session_token": "some-token", "aws_account_id": "012345678910", "aws_role_arns": []string{"first", "second"},
	})

	It("has credentials to turn into a login", func() {
		credentials, needed := parse(source).AWS()
		Expect(needed).To(BeTrue())
		Expect(credentials).To(Equal(registryimage.AWS{
			AccessKeyID: "some-key", SecretAccessKey: "some-secret", SessionToken: "some-token",
			Region: "eu-west-1", AccountID: "012345678910", RoleARNs: []string{"first", "second"},
		}))
	})

	It("may have one role in a field of its own", func() {
		credentials, _ := parse(with("app", atc.Source{
			"aws_region": "eu-west-1", "aws_access_key_id": "some-key", "aws_secret_access_key": "some-secret", "aws_role_arn": "only",
		})).AWS()
		Expect(credentials.RoleARNs).To(Equal([]string{"only"}))
	})

	It("is on the registry that AWS names, with AWS's login", func() {
		loggedIn, err := parse(source).LoggedIn("1.dkr.ecr.eu-west-1.amazonaws.com", "AWS", "some-login")
		Expect(err).NotTo(HaveOccurred())
		image, err := loggedIn.Image(atc.Version{"digest": digest})
		Expect(err).NotTo(HaveOccurred())
		Expect(image.Reference).To(Equal("1.dkr.ecr.eu-west-1.amazonaws.com/team/app@" + digest))
		Expect([]string{image.Username, image.Password}).To(Equal([]string{"AWS", "some-login"}))
	})

	It("is on no registry that is none", func() {
		loggedIn, err := parse(source).LoggedIn("https://registry.example", "AWS", "some-login")
		Expect(err).To(MatchError(And(ContainSubstring("https://registry.example"), Not(ContainSubstring("some-login")))))
		Expect(loggedIn).To(BeZero())
	})

	It("needs none without a region", func() {
		_, needed := parse(with("app", atc.Source{"aws_access_key_id": "some-key", "aws_secret_access_key": "some-secret"})).AWS()
		Expect(needed).To(BeFalse())
	})
})

var _ = Describe("Parse", func() {
	DescribeTable("names what is wrong with the source",
		func(source atc.Source, message string) {
			parsed, err := registryimage.Parse(source, nil)
			Expect(err).To(MatchError(And(ContainSubstring("registry-image"), ContainSubstring(message))))
			Expect(parsed).To(BeZero())
		},
		Entry("no repository", atc.Source{}, "names no repository"),
		Entry("upper case", with("ghcr.io/A/B"), `"ghcr.io/A/B"`),
		Entry("a tag in the repository", with("ghcr.io/a/b:1.2"), "a tag goes into tag"),
		Entry("a digest in the repository", with("ghcr.io/a/b@"+digest), "a digest into the version"),
		Entry("a repository that is not a string", with(7), "repository"),
		Entry("a field of the wrong kind", with("ghcr.io/a/b", atc.Source{"insecure": "yes"}), "insecure"),
		Entry("both fields for roles", with("app", atc.Source{"aws_region": "eu-west-1", "aws_role_arn": "a", "aws_role_arns": []string{"b"}}), "set one of them"),
	)

	It("names what is wrong with the params", func() {
		_, err := registryimage.Parse(with("a"), atc.Params{"platform": "arm"})
		Expect(err).To(MatchError(ContainSubstring("platform")))
	})

	It("shows no value of a source in an error", func() {
		_, err := registryimage.Parse(with("app", atc.Source{"password": "some-secret", "insecure": "some-secret"}), nil)
		Expect(err).To(MatchError(Not(ContainSubstring("some-secret"))))
	})
})
