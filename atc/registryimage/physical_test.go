package registryimage_test

import (
	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Source.PhysicalReason", func() {
	reason := func(source atc.Source, params atc.Params, nodes registryimage.Nodes) string {
		GinkgoHelper()
		parsed, err := registryimage.Parse(source, params)
		Expect(err).NotTo(HaveOccurred())
		return parsed.PhysicalReason(nodes)
	}

	// A row for each field of the resource v1.18.0, one a line.
	DescribeTable("lets a kubelet pull with the field",
		func(field string, value any) {
			Expect(reason(with("ghcr.io/a/b", atc.Source{field: value}), nil, registryimage.Nodes{})).To(BeEmpty())
		},
		Entry(nil, "tag", "1.2"),
		Entry(nil, "username", "some-user"),
		Entry(nil, "password", "some-secret"),
		Entry(nil, "insecure", false),
		Entry(nil, "ca_certs", []string{}),
		Entry(nil, "platform", map[string]any{}),
		Entry(nil, "platform", map[string]any{"os": "linux"}),
		Entry(nil, "registry_mirror", map[string]any{"host": "mirror.example"}),
		Entry(nil, "variant", "alpine"),
		Entry(nil, "semver_constraint", ">= 1"),
		Entry(nil, "pre_releases", true),
		Entry(nil, "pre_release_prefixes", []string{"build"}),
		Entry(nil, "tag_regex", "^1"),
		Entry(nil, "created_at_sort", true),
		Entry(nil, "annotation_regex", "."),
		Entry(nil, "label_regex", "."),
		Entry(nil, "debug", true),
		Entry(nil, "aws_access_key_id", "ignored without a region"),
		Entry(nil, "aws_secret_access_key", "ignored without a region"),
		Entry(nil, "aws_session_token", "ignored without a region"),
		Entry(nil, "aws_role_arn", "ignored without a region"),
		Entry(nil, "aws_role_arns", []string{"ignored without a region"}),
		Entry(nil, "aws_account_id", "ignored without a region"),
		Entry(nil, "aws_ecr_registry_id", "ignored"),
		Entry(nil, "azure_client_id", "ignored without azure_acr"),
		Entry(nil, "azure_tenant_id", "ignored without azure_acr"),
		Entry(nil, "azure_environment", "ignored without azure_acr"),
	)

	DescribeTable("has a reason against the field, and says what to do",
		func(field string, value any, advice string) {
			Expect(reason(with("ghcr.io/a/b", atc.Source{field: value}), nil, registryimage.Nodes{})).To(And(ContainSubstring(field), ContainSubstring(advice)))
		},
		Entry(nil, "content_trust", map[string]any{"server": "https://notary.example"}, "take it out"),
		Entry(nil, "platform", map[string]any{"architecture": "arm64"}, "--native-image-fetch-platform=linux/arm64"),
		Entry(nil, "platform", map[string]any{"os": "windows"}, "--native-image-fetch-platform=windows/"),
		Entry(nil, "insecure", true, "--native-image-fetch-registry=ghcr.io"),
		Entry(nil, "ca_certs", []string{"-----BEGIN CERTIFICATE-----"}, "--native-image-fetch-registry=ghcr.io"),
		Entry(nil, "aws_region", "eu-west-1", "set aws_access_key_id and aws_secret_access_key"),
		Entry(nil, "azure_acr", true, "username and password"),
		Entry(nil, "colour", "blue", "take it out"),
	)

	DescribeTable("has a reason against the params of a get",
		func(param string, value any, named string) {
			Expect(reason(with("ghcr.io/a/b"), atc.Params{param: value}, registryimage.Nodes{})).To(ContainSubstring(named))
		},
		Entry(nil, "platform", map[string]any{"architecture": "arm64"}, "platform"),
		Entry(nil, "format", "oci", "format"),
		Entry(nil, "skip_download", true, "skip_download"),
		Entry(nil, "colour", "blue", `"colour"`),
	)

	It("has none against params that are the default", func() {
		Expect(reason(with("ghcr.io/a/b"), atc.Params{"format": "rootfs", "skip_download": false}, registryimage.Nodes{})).To(BeEmpty())
	})

	DescribeTable("knows what a node is configured for",
		func(source atc.Source, registry string) {
			Expect(reason(source, nil, registryimage.Nodes{})).NotTo(BeEmpty(), "undeclared")
			Expect(reason(source, nil, registryimage.Nodes{Registries: []string{"other.example"}})).NotTo(BeEmpty(), "another one declared")
			Expect(reason(source, nil, registryimage.Nodes{Registries: []string{"other.example", registry}})).To(BeEmpty(), "declared")
		},
		Entry("plain HTTP", with("registry.example:5000/app", atc.Source{"insecure": true}), "registry.example:5000"),
		Entry("a CA of its own", with("registry.example/app", atc.Source{"ca_certs": []string{"a certificate"}}), "registry.example"),
		Entry("a CA for Docker Hub, as behind a proxy", with("busybox", atc.Source{"ca_certs": []string{"a certificate"}}), "docker.io"),
		Entry("Docker Hub by its other name", with("busybox", atc.Source{"insecure": true}), "index.docker.io"),
		Entry("a mirror that speaks plain HTTP", with("busybox", atc.Source{"insecure": true, "registry_mirror": map[string]any{"host": "mirror.example:80"}}), "mirror.example:80"),
		Entry("a private IPv4 address", with("10.1.2.3:5000/app"), "10.1.2.3:5000"),
		Entry("localhost", with("localhost/app"), "localhost"),
		Entry("localhost with a port", with("localhost:5000/app"), "localhost:5000"),
		Entry("a name below localhost", with("registry.localhost/app"), "registry.localhost"),
		Entry("a loopback address", with("127.0.0.9:5000/app"), "127.0.0.9:5000"),
		Entry("an IPv6 loopback address", with("[::1]:5000/app"), "[::1]:5000"),
		Entry("Amazon ECR with the node's identity", with("app", atc.Source{"aws_region": "eu-west-1", "aws_account_id": "012345678910"}), "012345678910.dkr.ecr.eu-west-1.amazonaws.com"),
		Entry("Azure with the node's identity", with("some.azurecr.io/app", atc.Source{"azure_acr": true}), "some.azurecr.io"),
	)

	DescribeTable("has none against registries with which the resource speaks HTTPS",
		func(repository string) { Expect(reason(with(repository), nil, registryimage.Nodes{})).To(BeEmpty()) },
		Entry("a .local name", "registry.local/app"),
		Entry("a public IPv4 address", "192.0.2.1:5000/app"),
		Entry("an IPv6 address that ends like loopback's", "[2001:db8::1]:5000/app"),
		Entry("a name that has a loopback address in it", "my127.0.0.1registry.example/app"),
	)

	It("takes Amazon ECR with keys", func() {
		source := with("app", atc.Source{"aws_region": "eu-west-1", "aws_access_key_id": "some-key", "aws_secret_access_key": "some-secret"})
		Expect(reason(source, nil, registryimage.Nodes{})).To(BeEmpty())
	})

	It("takes the platform that the nodes have, the params' before the source's", func() {
		source := with("app", atc.Source{"platform": map[string]any{"architecture": "amd64", "os": "linux"}})
		nodes := registryimage.Nodes{Platform: "linux/amd64"}
		Expect(reason(source, nil, nodes)).To(BeEmpty())
		Expect(reason(source, atc.Params{"platform": map[string]any{"architecture": "arm64"}}, nodes)).NotTo(BeEmpty())
	})

	It("wants a host of a mirror", func() {
		Expect(reason(with("busybox", atc.Source{"registry_mirror": map[string]any{}}), nil, registryimage.Nodes{})).To(ContainSubstring("no host"))
	})

	It("leaves names to the resource that a kubelet would not take", func() {
		Expect(reason(with("ghcr.io/a//b"), nil, registryimage.Nodes{})).To(ContainSubstring("ghcr.io/a//b"))
		Expect(reason(with("https://ghcr.io/a/b"), nil, registryimage.Nodes{})).To(ContainSubstring("https://ghcr.io/a/b"))
	})

	It("shows no secret", func() {
		source := with("app", atc.Source{"aws_region": "eu-west-1", "aws_secret_access_key": "some-secret", "password": "some-secret"})
		Expect(reason(source, nil, registryimage.Nodes{})).NotTo(ContainSubstring("some-secret"))
	})
})
