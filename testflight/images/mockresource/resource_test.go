package mockresource_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/concourse/concourse-kubernetes/testflight/images/mockresource"
)

var _ = Describe("The mock resource", func() {
	var (
		resource  mockresource.Resource
		log       *gbytes.Buffer
		directory string
	)

	BeforeEach(func() {
		log = gbytes.NewBuffer()
		directory = GinkgoT().TempDir()
		resource = mockresource.Resource{Log: log}
	})

	run := func(ctx context.Context, action, request string) (string, error) {
		var output strings.Builder

		err := resource.Run(ctx, action, directory, strings.NewReader(request), &output)

		return output.String(), err
	}

	written := func(path string) string {
		GinkgoHelper()

		content, err := os.ReadFile(filepath.Join(directory, path))
		Expect(err).NotTo(HaveOccurred())

		return string(content)
	}

	Describe("check", func() {
		DescribeTable("finds", func(ctx SpecContext, request, versions string) {
			Expect(run(ctx, "check", request)).To(MatchJSON(versions))
		},
			Entry("mock at first", `{"source":{}}`, `[{"version":"mock"}]`),
			Entry("the initial version at first", `{"source":{"initial_version":"v1"},"version":null}`, `[{"version":"v1"}]`),
			Entry("nothing at first if so configured", `{"source":{"no_initial_version":true}}`, `[]`),
			Entry("the given version", `{"source":{"initial_version":"v1"},"version":{"version":"v2"}}`, `[{"version":"v2"}]`),
			Entry("the given version without an initial one", `{"source":{"no_initial_version":true},"version":{"version":"v2"}}`, `[{"version":"v2"}]`),
			Entry("the forced version before any other", `{"source":{"force_version":"v3","initial_version":"v1"},"version":{"version":"v2"}}`, `[{"version":"v3"}]`),
		)

		It("finds the mirrored version at first, in a mirrored image", func(ctx SpecContext) {
			resource.Environ = []string{"MIRRORED_VERSION=parent"}
			Expect(run(ctx, "check", `{"source":{}}`)).To(MatchJSON(`[{"version":"parent"}]`))
			Expect(run(ctx, "check", `{"source":{"initial_version":"own"}}`)).To(MatchJSON(`[{"version":"own"}]`))
		})

		It("marks versions of a privileged container", func(ctx SpecContext) {
			resource.Privileged = true
			Expect(run(ctx, "check", `{"source":{}}`)).To(MatchJSON(`[{"version":"mock","privileged":"true"}]`))
		})

		It("fails as configured", func(ctx SpecContext) {
			_, err := run(ctx, "check", `{"source":{"check_failure":"boom"}}`)
			Expect(err).To(MatchError("intentionally failing to check: boom"))
		})

		It("takes as long as configured, unless it is interrupted", func(ctx SpecContext) {
			interrupted, cancel := context.WithCancel(ctx)
			cancel()

			_, err := run(interrupted, "check", `{"source":{"check_delay":"1h"}}`)
			Expect(err).To(MatchError(context.Canceled))

			Expect(run(ctx, "check", `{"source":{"check_delay":"1ms"}}`)).To(MatchJSON(`[{"version":"mock"}]`))
		})

		It("refuses a delay that is no duration", func(ctx SpecContext) {
			_, err := run(ctx, "check", `{"source":{"check_delay":"soon"}}`)
			Expect(err).To(MatchError(ContainSubstring("check_delay")))
		})
	})

	Describe("in", func() {
		It("returns the version with the metadata of the source", func(ctx SpecContext) {
			Expect(run(ctx, "in", `{"source":{"metadata":[{"name":"n","value":"v"}]},"version":{"version":"v1","privileged":"true"}}`)).
				To(MatchJSON(`{"version":{"version":"v1","privileged":"true"},"metadata":[{"name":"n","value":"v"}]}`))
			Expect(log).To(gbytes.Say("fetching version: v1\n"))
		})

		It("writes version and privilege", func(ctx SpecContext) {
			_, err := run(ctx, "in", `{"source":{},"version":{"version":"v1"}}`)
			Expect(err).NotTo(HaveOccurred())
			Expect(written("version")).To(Equal("v1\n"))
			Expect(written("privileged")).To(Equal("false"))
		})

		It("says so in a privileged container", func(ctx SpecContext) {
			resource.Privileged = true

			_, err := run(ctx, "in", `{"source":{},"version":{"version":"v1"}}`)
			Expect(err).NotTo(HaveOccurred())
			Expect(written("privileged")).To(Equal("true"))
			Expect(log).To(gbytes.Say("fetching in a privileged container"))
		})

		It("creates the files of the source with those of the params over them", func(ctx SpecContext) {
			_, err := run(ctx, "in", `{
				"source": {"create_files": {"deep/text": "source", "other": "START_VARnameEND_VAR"}},
				"version": {"version": "v1"},
				"params": {"create_files_via_params": {"deep/text": "params", "object": {"a": [1, "START_VARbEND_VAR"]}}}
			}`)
			Expect(err).NotTo(HaveOccurred())
			Expect(written("deep/text")).To(Equal("params"))
			Expect(written("other")).To(Equal("((name))"))
			Expect(written("object")).To(MatchJSON(`{"a":[1,"((b))"]}`))
		})

		It("creates no file outside its directory", func(ctx SpecContext) {
			_, err := run(ctx, "in", `{"source":{"create_files":{"../outside":"x"}},"version":{"version":"v1"}}`)
			Expect(err).To(HaveOccurred())
			Expect(filepath.Join(directory, "../outside")).NotTo(BeAnExistingFile())
		})

		DescribeTable("fetches its own root file system as an image when", func(ctx SpecContext, request string) {
			resource.Root = mockresource.FileSystem{Path: GinkgoT().TempDir()}
			Expect(os.WriteFile(filepath.Join(resource.Root.Path, "file"), []byte("own"), 0o600)).To(Succeed())

			_, err := run(ctx, "in", request)
			Expect(err).NotTo(HaveOccurred())
			Expect(written("rootfs/file")).To(Equal("own"))
			Expect(written("metadata.json")).To(MatchJSON(`{"env":["MIRRORED_VERSION=v1"],"user":"root"}`))
		},
			Entry("the source says so", `{"source":{"mirror_self":true},"version":{"version":"v1"}}`),
			Entry("the params say so", `{"source":{},"version":{"version":"v1"},"params":{"mirror_self_via_params":true}}`),
		)
	})

	Describe("out", func() {
		It("pushes the version of the params", func(ctx SpecContext) {
			Expect(run(ctx, "out", `{"source":{"metadata":[{"name":"n","value":"v"}]},"params":{"version":"v1"}}`)).
				To(MatchJSON(`{"version":{"version":"v1"},"metadata":[{"name":"n","value":"v"}]}`))
			Expect(log).To(gbytes.Say("pushing version: v1\n"))
		})

		It("pushes the version in a file", func(ctx SpecContext) {
			Expect(os.WriteFile(filepath.Join(directory, "number"), []byte("v2\n"), 0o600)).To(Succeed())
			Expect(run(ctx, "out", `{"source":{},"params":{"file":"number"}}`)).To(MatchJSON(`{"version":{"version":"v2"}}`))
		})

		It("fails without a version", func(ctx SpecContext) {
			_, err := run(ctx, "out", `{"source":{}}`)
			Expect(err).To(MatchError("no version specified"))
		})

		It("marks versions of a privileged container", func(ctx SpecContext) {
			resource.Privileged = true
			Expect(run(ctx, "out", `{"source":{},"params":{"version":"v1"}}`)).To(MatchJSON(`{"version":{"version":"v1","privileged":"true"}}`))
			Expect(log).To(gbytes.Say("pushing in a privileged container"))
		})

		It("prints its environment on request", func(ctx SpecContext) {
			resource.Environ = []string{"BUILD_ID=42"}

			_, err := run(ctx, "out", `{"source":{},"params":{"version":"v1","print_env":true}}`)
			Expect(err).NotTo(HaveOccurred())
			Expect(log).To(gbytes.Say("env: BUILD_ID=42\n"))
		})
	})

	DescribeTable("prints the log text of the source in", func(ctx SpecContext, action, request string) {
		_, err := run(ctx, action, request)
		Expect(err).NotTo(HaveOccurred())
		Expect(log).To(gbytes.Say("something\n"))
	},
		Entry("check", "check", `{"source":{"log":"something"}}`),
		Entry("in", "in", `{"source":{"log":"something"},"version":{"version":"v1"}}`),
		Entry("out", "out", `{"source":{"log":"something"},"params":{"version":"v1"}}`),
	)

	DescribeTable("refuses unknown fields in", func(ctx SpecContext, action, request string) {
		_, err := run(ctx, action, request)
		Expect(err).To(MatchError(ContainSubstring(`unknown field "bogus"`)))
	},
		Entry("the source of a check", "check", `{"source":{"bogus":1}}`),
		Entry("the params of a get", "in", `{"source":{},"version":{"version":"v1"},"params":{"bogus":1}}`),
		Entry("the params of a put", "out", `{"source":{},"params":{"bogus":1}}`),
	)

	It("refuses an action that no resource has", func(ctx SpecContext) {
		_, err := run(ctx, "mock-resource", `{}`)
		Expect(err).To(MatchError(ContainSubstring(`unknown action "mock-resource"`)))
	})
})
