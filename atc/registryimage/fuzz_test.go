package registryimage_test

import (
	"testing"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/distribution/reference"
)

// FuzzImage looks for a panic, and for a reference that kubelets, which use the
// package reference, would not take or would take for another one.
//
//	go test ./atc/registryimage -run='^$' -fuzz=FuzzImage -fuzztime=1m
func FuzzImage(f *testing.F) {
	f.Add("busybox", "", "", "", "", digest)
	f.Add("ghcr.io/a/b", "1.2", "alpine", "mirror.example:5000", "1.3", "")
	f.Add("[::1]:5000/a", "latest", "", "", "", "sha512:00")
	f.Add("GHCR.IO:0/a__b/c-d.e", "-x", "", "::1", ".", "sha256:")
	f.Add("a//b/../c", "", "slim", "user:password@host", "", "")

	f.Fuzz(func(t *testing.T, repository, tag, variant, mirror, versionTag, versionDigest string) {
		source, err := registryimage.Parse(atc.Source{
			"repository": repository, "tag": tag, "variant": variant, "registry_mirror": map[string]any{"host": mirror},
		}, nil)
		if err != nil {
			return
		}
		source.PhysicalReason(registryimage.Nodes{Registries: []string{mirror}})
		sources := []registryimage.Source{source}
		if onMirror, mirrored, err := source.OnMirror(); err == nil && mirrored {
			sources = append(sources, onMirror)
		}
		for _, source := range sources {
			image, err := source.Image(atc.Version{"tag": versionTag, "digest": versionDigest})
			if err != nil {
				continue
			}
			parsed, err := reference.ParseNormalizedNamed(image.Reference)
			if err != nil {
				t.Fatalf("a kubelet does not take %q: %s", image.Reference, err)
			}
			if parsed.String() != image.Reference {
				t.Fatalf("a kubelet takes %q for %q", image.Reference, parsed)
			}
			if variant != "" && tag+versionTag+versionDigest == "" {
				t.Fatalf("%q is none of variant %q", image.Reference, variant)
			}
			if _, isPinned := parsed.(reference.Canonical); isPinned != image.Pinned {
				t.Fatalf("%q: pinned is %v", image.Reference, image.Pinned)
			}
		}
	})
}
