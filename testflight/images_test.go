package testflight_test

import (
	"fmt"
	"strconv"
	"time"

	"github.com/concourse/concourse-kubernetes/testflight/cluster"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/crane"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/types"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// newRepository is a repository of a spec's own, at the registry without a login.
func newRepository() string { return runs.Cluster.Registry() + "/" + newName() }

// newName is a name that no other spec uses, in whatever process.
func newName() string {
	return fmt.Sprintf("spec-%d-%s", GinkgoParallelProcess(), strconv.FormatInt(time.Now().UnixNano(), 36))
}

// pushAs makes an image of the cluster's registry, name:tag, available as
// another and returns its digest.
func pushAs(reference, image string) string {
	GinkgoHelper()
	return push(reference, pull(image))
}

// pushNew is pushAs with a layer of its own that no node has.
func pushNew(reference, image string) string {
	GinkgoHelper()
	layer, err := random.Layer(1024, types.DockerLayer)
	Expect(err).NotTo(HaveOccurred())
	changed, err := mutate.AppendLayers(pull(image), layer)
	Expect(err).NotTo(HaveOccurred())
	return push(reference, changed)
}

func pull(image string) v1.Image {
	GinkgoHelper()
	found, err := crane.Pull(runs.Cluster.Registry()+"/"+image, crane.Insecure)
	Expect(err).NotTo(HaveOccurred())
	return found
}

// pushPrivately is pushAs at the private registry, which wants a login.
func pushPrivately(login cluster.Login, reference, image string) string {
	GinkgoHelper()
	return push(reference, pull(image), crane.WithAuth(&authn.Basic{Username: login.User, Password: login.Password}))
}

func push(reference string, image v1.Image, options ...crane.Option) string {
	GinkgoHelper()
	Expect(crane.Push(image, reference, append(options, crane.Insecure)...)).To(Succeed())
	digest, err := image.Digest()
	Expect(err).NotTo(HaveOccurred())
	return digest.String()
}
