package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/concourse/concourse-kubernetes/atc/registryimage"
	"github.com/concourse/concourse/atc"
	"github.com/concourse/concourse/atc/db"
	"github.com/concourse/concourse/atc/exec"
)

// fetchedImage is an image that a kubelet is going to pull.
type fetchedImage struct {
	// images are the same image on the registries that have it, in the order in
	// which they are tried. There is at least one.
	images  []registryimage.Image
	version atc.Version
	cache   db.ResourceCache
}

// resolve finds the version of the image and its resource cache, which
// upstream's get would have made.
func (d *buildStepDelegate) resolve(ctx context.Context, image *nativeImage, scope exec.RunState) (fetchedImage, error) {
	typeCache, err := d.typeCache(ctx, image.TypeImage)
	if err != nil {
		return fetchedImage{}, err
	}
	version, err := d.version(image, typeCache, scope)
	if err != nil {
		return fetchedImage{}, fmt.Errorf("version of image %s: %w", image.Name, err)
	}
	images, err := imagesOf(image.parsed, version)
	if err != nil {
		return fetchedImage{}, fmt.Errorf("image %s: %w", image.Name, d.withoutSecrets(err))
	}
	if version == nil {
		version = atc.Version{"tag": images[0].Tag}
	}

	cache, err := d.resourceCacheFactory.FindOrCreateResourceCache(d.build.ResourceCacheUser(), image.Type, version, image.source, image.params, typeCache)
	if err != nil {
		return fetchedImage{}, fmt.Errorf("resource cache of image %s: %w", image.Name, err)
	}
	return fetchedImage{images: images, version: version, cache: cache}, nil
}

// imagesOf returns the image on the registry_mirror of its source, if that has
// one, and on its own registry, to which the resource turns too when the mirror
// fails.
func imagesOf(source registryimage.Source, version atc.Version) ([]registryimage.Image, error) {
	var images []registryimage.Image
	onMirror, mirrored, err := source.OnMirror()
	if err != nil {
		return nil, err
	}
	if mirrored {
		image, err := onMirror.Image(version)
		if err != nil {
			return nil, err
		}
		images = append(images, image)
	}
	image, err := source.Image(version)
	return append(images, image), err
}

// typeCache returns the resource cache of the image of a custom type that
// stands in place of the base type registry-image, nil for the base type.
func (d *buildStepDelegate) typeCache(ctx context.Context, image atc.TypeImage) (db.ResourceCache, error) {
	if image.GetPlan == nil {
		return nil, nil
	}
	_, cache, err := d.FetchImage(ctx, *image.GetPlan, image.CheckPlan, image.Privileged)
	return cache, err
}

// version returns the version pinned in the plan, else the one that the check
// found, else the latest one known to the database, else nil.
func (d *buildStepDelegate) version(image *nativeImage, typeCache db.ResourceCache, scope exec.RunState) (atc.Version, error) {
	version, err := exec.NewVersionSourceFromPlan(image.GetPlan).Version(scope)
	if err != nil && !errors.Is(err, exec.ErrResultMissing) {
		return nil, err
	}
	if len(version) > 0 {
		return version, nil
	}

	config, err := d.resourceConfigFactory.FindOrCreateResourceConfig(image.Type, image.source, typeCache)
	if err != nil {
		return nil, fmt.Errorf("resource config: %w", err)
	}
	configScope, err := config.FindOrCreateScope(nil)
	if err != nil {
		return nil, fmt.Errorf("resource config scope: %w", err)
	}
	latest, found, err := configScope.LatestVersion()
	if err != nil {
		return nil, fmt.Errorf("latest of the resource config scope: %w", err)
	}
	if !found {
		return nil, nil
	}
	return atc.Version(latest.Version()), nil
}
