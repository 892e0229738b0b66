package image_test

import (
	"strings"
	"testing"

	"code.cloudfoundry.org/garden"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/concourse/concourse-kubernetes/worker/kubernetes/image"
)

func TestSuite(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Image")
}

var digest = "@sha256:" + strings.Repeat("0", 64)

// of is the image of a container without a login, or with one.
func of(reference, username, password string) image.Image {
	GinkgoHelper()
	made, err := image.Of(garden.ContainerSpec{
		Handle: "some-handle",
		Image:  garden.ImageRef{URI: "docker:///" + reference, Username: username, Password: password},
	})
	Expect(err).NotTo(HaveOccurred())
	return made
}

var _ = Describe("an image", func() {
	DescribeTable("is asked for at its registry where the answer may be another than last time",
		func(reference, username string, guarded bool, policy corev1.PullPolicy) {
			Expect(of(reference, username, "").Guarded(guarded).PullPolicy()).To(Equal(policy))
		},
		Entry("a tag, which may move", "a/b:1", "", false, corev1.PullAlways),
		Entry("no tag", "a/b", "", false, corev1.PullAlways),
		Entry("a digest, which means the same for ever", "a/b"+digest, "", false, corev1.PullIfNotPresent),
		Entry("a tag and a digest", "a/b:1"+digest, "", false, corev1.PullIfNotPresent),
		Entry("a digest with a login, which may be wrong", "a/b"+digest, "robot", false, corev1.PullAlways),
		Entry("a digest in a repository that is private", "a/b"+digest, "", true, corev1.PullAlways),
		Entry("a tag in a repository that is private", "a/b:1", "", true, corev1.PullAlways),
		Entry("all of that", "a/b:1", "robot", true, corev1.PullAlways),
	)

	It("is no longer guarded when its repository is nobody's any more", func() {
		Expect(of("a/b"+digest, "", "").Guarded(true).Guarded(false).PullPolicy()).To(Equal(corev1.PullIfNotPresent))
	})

	DescribeTable("has a login if a part of one is given",
		func(username, password string, has bool) {
			Expect(of("a/b", username, password).HasLogin()).To(Equal(has))
		},
		Entry("none", "", "", false),
		Entry("both", "robot", "s3cret", true),
		Entry("a name", "robot", "", true),
		Entry("a password", "", "s3cret", true),
	)

	DescribeTable("has a login for its registry, as Docker's configuration writes it",
		func(reference, registry string) {
			Expect(of(reference, "robot", "s3cret-password").DockerConfig()).To(MatchJSON(`{"auths":{"` + registry + `":` +
				`{"username":"robot","password":"s3cret-password","auth":"cm9ib3Q6czNjcmV0LXBhc3N3b3Jk"}}}`))
		},
		Entry("Docker Hub's, which has a key of its own", "team/private", "https://index.docker.io/v1/"),
		Entry("Docker Hub's, if it is named", "docker.io/team/private:1", "https://index.docker.io/v1/"),
		Entry("another one's", "registry.example.com/team/private"+digest, "registry.example.com"),
		Entry("another one's with a port", "localhost:5000/ab", "localhost:5000"),
	)

	It("has no login that could be written for what is no reference, and the error tells none", func() {
		_, err := of("NOT A REFERENCE", "robot", "s3cret-password").DockerConfig()
		Expect(err).To(MatchError(And(ContainSubstring("find the image's registry, to log in"), Not(ContainSubstring("s3cret")))))
	})

	DescribeTable("is in a repository that has one name however it is written",
		func(reference, repository string) {
			Expect(of(reference, "", "").Repository()).To(Equal(repository))
		},
		Entry(nil, "busybox", "index.docker.io/library/busybox"),
		Entry(nil, "docker.io/library/busybox:1", "index.docker.io/library/busybox"),
		Entry(nil, "registry.example.com/a/b:1"+digest, "registry.example.com/a/b"),
		Entry("none of what is no reference", "NOT A REFERENCE", ""),
	)

	It("is equal to itself, and to none with another login or another reference", func() {
		one, same := of("a/b", "robot", "s3cret"), of("a/b", "robot", "s3cret")
		Expect(one == same).To(BeTrue())
		Expect(of("a/b", "robot", "s3cret") == of("a/b", "robot", "other")).To(BeFalse())
		Expect(of("a/b", "", "") == of("a/b", "robot", "")).To(BeFalse())
		Expect(of("a/b", "", "") == of("a/c", "", "")).To(BeFalse())
	})

	It("of a directory is shown as that, and pulled by the reference under which it is served", func() {
		made, err := image.Of(garden.ContainerSpec{RootFSPath: "raw:///volumes/live/x/volume/rootfs"})
		Expect(err).NotTo(HaveOccurred())
		served := made.At("127.0.0.1:7790/volume" + digest)
		Expect(served.Reference).To(Equal("127.0.0.1:7790/volume" + digest))
		Expect(served.String()).To(Equal("/volumes/live/x/volume/rootfs"))
		Expect(served.PullPolicy()).To(Equal(corev1.PullIfNotPresent))
	})

	It("of a registry is shown as its reference, and its login nowhere", func() {
		Expect(of("a/b:1", "robot", "s3cret").String()).To(Equal("a/b:1"))
	})

	It("is none if the container names none", func() {
		_, err := image.Of(garden.ContainerSpec{Handle: "some-handle"})
		Expect(err).To(MatchError(ContainSubstring("some-handle")))
	})
})

var _ = Describe("the image of a pod from an earlier life of the worker", func() {
	It("has the login that is in the pod's Secret", func() {
		Expect(image.Resumed("a/b"+digest, "", true).HasLogin()).To(BeTrue())
		Expect(image.Resumed("a/b"+digest, "", true).PullPolicy()).To(Equal(corev1.PullAlways))
	})

	It("is as any other where there is none", func() {
		resumed := image.Resumed("a/b"+digest, "", false)
		Expect(resumed.HasLogin()).To(BeFalse())
		Expect(resumed.PullPolicy()).To(Equal(corev1.PullIfNotPresent))
		Expect(resumed.Guarded(true).PullPolicy()).To(Equal(corev1.PullAlways))
		Expect(resumed.Repository()).To(Equal("index.docker.io/a/b"))
	})

	It("is the directory that it was made of", func() {
		Expect(image.Resumed("127.0.0.1:7790/volume"+digest, "/volumes/x", false).String()).To(Equal("/volumes/x"))
	})
})
