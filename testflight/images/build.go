package images

import (
	"context"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Build builds all images. The programs in them are built in the working
// directory; what is built, and how long it took, is written to the log.
func Build(ctx context.Context, workDir string, log io.Writer) ([]Image, error) {
	layers, err := buildLayers(ctx, workDir, log)
	if err != nil {
		return nil, err
	}

	recipes := []struct {
		name, tag string
		layers    []string
		user      string
	}{
		{"busybox", "latest", []string{"busybox"}, ""},
		{"busybox", "other", []string{"busybox", "variant"}, ""},
		{"busybox", "nobody", []string{"busybox"}, "nobody"},
		{"library/clearlinux", "latest", []string{"busybox", "bash", "stateless"}, ""}, // as a mirror of Docker Hub has it
		{"registry-image-resource", "latest", []string{"busybox", "certificates", "registry-image-resource"}, ""},
		{"mock-resource", "latest", []string{"busybox", "certificates", "bash", "mock-resource"}, ""},
	}

	var built []Image

	for _, recipe := range recipes {
		var stack []v1.Layer
		for _, name := range recipe.layers {
			stack = append(stack, layers[name])
		}

		image, err := newImage(recipe.user, stack...)
		if err != nil {
			return nil, fmt.Errorf("put together the image %s:%s: %w", recipe.name, recipe.tag, err)
		}

		built = append(built, Image{Image: image, Name: recipe.name, Tags: []string{recipe.tag}})
	}

	return built, nil
}

func buildLayers(ctx context.Context, workDir string, log io.Writer) (map[string]v1.Layer, error) {
	builders := []struct {
		name  string
		build func() (v1.Layer, error)
	}{
		{"busybox", func() (v1.Layer, error) { return busyboxLayer(ctx) }},
		{"variant", variantLayer},
		{"stateless", statelessLayer},
		{"bash", bashLayer},
		{"certificates", certificatesLayer},
		{"mock-resource", func() (v1.Layer, error) { return mockLayer(ctx, workDir) }},
		{"registry-image-resource", func() (v1.Layer, error) { return registryImageLayer(ctx, workDir) }},
	}

	layers := map[string]v1.Layer{}

	for _, builder := range builders {
		started := time.Now()

		layer, err := builder.build()
		if err != nil {
			return nil, fmt.Errorf("build the layer %s: %w", builder.name, err)
		}

		size, err := layer.Size()
		if err != nil {
			return nil, fmt.Errorf("compress the layer %s: %w", builder.name, err)
		}

		fmt.Fprintf(log, "built layer %s: %d kB in %s\n", builder.name, size/1000, time.Since(started).Round(time.Millisecond))
		layers[builder.name] = layer
	}

	return layers, nil
}
