package images

import (
	"context"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Push makes the image available under each of its tags at the registry, a
// "host:port" that is spoken to over plain HTTP, and returns its digest. Nil
// authentication is none. Tags that are right already are left alone.
func Push(ctx context.Context, image Image, registry string, auth authn.Authenticator) (string, error) {
	if auth == nil {
		auth = authn.Anonymous
	}

	digest, err := image.Digest()
	if err != nil {
		return "", fmt.Errorf("compute the digest of the image %s: %w", image.Name, err)
	}

	options := []remote.Option{remote.WithContext(ctx), remote.WithAuth(auth)}

	for _, tag := range image.Tags {
		reference, err := name.NewTag(fmt.Sprintf("%s/%s:%s", registry, image.Name, tag), name.Insecure)
		if err != nil {
			return "", fmt.Errorf("name the image at the registry %q: %w: give the registry as host:port", registry, err)
		}

		if pointsAt(reference, digest, options) {
			continue
		}

		if err := remote.Write(reference, image.Image, options...); err != nil {
			return "", fmt.Errorf("push %s: %w: is a registry listening there over plain HTTP, and may this user push?", reference, err)
		}
	}

	return digest.String(), nil
}

// pointsAt says whether the tag is at the registry with that digest. A registry
// that does not answer makes itself known when it is pushed to.
func pointsAt(tag name.Tag, digest v1.Hash, options []remote.Option) bool {
	present, err := remote.Head(tag, options...)

	return err == nil && present.Digest == digest
}
