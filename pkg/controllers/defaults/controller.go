// SPDX-License-Identifier: Apache-2.0

package defaults

import (
	"context"
	"fmt"
	"math"
	"time"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/klog/v2"

	"spectrocloud.com/tenancy/generated/clientset/versioned"
	"spectrocloud.com/tenancy/generated/clientset/versioned/scheme"
)

// retries are the waits after passes that failed, which is what they do while there is no API server of ours.
var retries = wait.Backoff{Duration: 100 * time.Millisecond, Factor: 2, Cap: 30 * time.Second, Steps: math.MaxInt32}

// Config is what the controller works with.
type Config struct {
	Host            kubernetes.Interface
	Tenancy         versioned.Interface
	SystemNamespace string
	// Workspace adds the default Tenant and Project.
	Workspace    bool
	FieldManager string
}

// Controller creates the defaults that have not been created before, in passes of three steps: it creates them with a
// finalizer of its own, remembers that it did, and takes the finalizer off.
//
// So no default can go before it is remembered. A crash leaves it either not created or held, and the next pass goes on
// from there; who deletes it meanwhile waits for that pass, and is not undone by it.
type Controller struct {
	records      corev1client.ConfigMapInterface
	defaults     []item
	fieldManager string
}

// item is a default and the key that it is remembered by.
type item struct {
	kind
	object object
	key    string
}

// New returns the controller.
func New(config Config) (*Controller, error) {
	c := &Controller{records: config.Host.CoreV1().ConfigMaps(config.SystemNamespace), fieldManager: config.FieldManager}
	folders := []string{system}
	if config.Workspace {
		folders = append(folders, workspace)
	}
	kinds := kindsOf(config.Tenancy)
	for _, folder := range folders {
		objects, err := read(folder, config.SystemNamespace)
		if err != nil {
			return nil, err
		}
		for _, object := range objects {
			item, err := newItem(kinds, object)
			if err != nil {
				return nil, err
			}
			c.defaults = append(c.defaults, item)
		}
	}
	return c, nil
}

func newItem(kinds map[string]kind, object object) (item, error) {
	gvks, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		return item{}, err
	}
	name := gvks[0].Kind
	kind, known := kinds[name]
	if !known {
		return item{}, fmt.Errorf("there is no client for the default resource %s %s", name, object.GetName())
	}
	return item{kind, object, keyOf(name, object.GetName())}, nil
}

func keyOf(kind, name string) string { return kind + "." + name }

// Run installs the defaults, which may take until our API server is there, and returns when that is done or ctx is.
func (c *Controller) Run(ctx context.Context) {
	ctx = klog.NewContext(ctx, klog.FromContext(ctx).WithValues("controller", "defaults"))
	_ = retries.DelayFunc().Until(ctx, true, true, func(ctx context.Context) (bool, error) {
		err := c.install(ctx)
		if err != nil && ctx.Err() == nil {
			utilruntime.HandleErrorWithContext(ctx, err, "The default resources can't be installed yet and are retried")
		}
		return err == nil, nil
	}) // The only error is that of ctx.
}
