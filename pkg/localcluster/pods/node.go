// SPDX-License-Identifier: Apache-2.0

package pods

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os/exec"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	corelisters "k8s.io/client-go/listers/core/v1"
	discoverylisters "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// nodeName is the name of the one node.
const nodeName = "local"

// Config says where the Pods are from and what they run. All but Kill is required.
type Config struct {
	// Cluster is how to reach kube-apiserver, as its administrator.
	Cluster *rest.Config
	// Dir is for the Pods' volumes, and LogDir for what their containers print.
	Dir, LogDir string
	// Program returns the path of the program of that name.
	Program func(name string) (string, error)
	// Flags are added to the arguments of the program of that name. They can use $(POD_IP), the
	// address to listen on, and $(KUBECONFIG), which leads to kube-apiserver as the Pod's service account.
	Flags map[string][]string
	// Launch starts a command in a process group of its own that won't outlive this process,
	// and Ended is told when it has been waited for.
	Launch func(*exec.Cmd) error
	Ended  func(*exec.Cmd)
	// Kill has Stop end the processes with SIGKILL, where nobody will need what they leave behind.
	Kill bool
	// Logger is told what can't be told in a Pod's status.
	Logger *slog.Logger
}

// Node is the one node of the cluster, and what leads to it.
type Node struct {
	config  Config
	client  kubernetes.Interface
	network *network
	socket  net.Listener // Where kube-apiserver's egress connections come in.
	proxy   *http.Server

	factory    informers.SharedInformerFactory
	services   corelisters.ServiceLister
	slices     discoverylisters.EndpointSliceLister
	secrets    corelisters.SecretLister
	configMaps corelisters.ConfigMapLister

	ctx     context.Context // Ends with Stop.
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu   sync.Mutex // Guards pods.
	pods map[types.UID]*pod
}

// New returns a node that has addresses and a proxy, but no Pods until Start.
// Stop has to be called in the end.
func New(config Config) (*Node, error) {
	client, err := kubernetes.NewForConfig(config.Cluster)
	if err != nil {
		return nil, err
	}
	n := &Node{config: config, client: client, pods: map[types.UID]*pod{}}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.factory = informers.NewSharedInformerFactory(client, 0)
	core := n.factory.Core().V1()
	n.services, n.slices = core.Services().Lister(), n.factory.Discovery().V1().EndpointSlices().Lister()
	n.secrets, n.configMaps = core.Secrets().Lister(), core.ConfigMaps().Lister()
	if n.network, err = claimNetwork(); err != nil {
		return nil, err
	}
	if err := n.serveEgress(); err != nil {
		return nil, errors.Join(err, n.network.claim.Close())
	}
	return n, nil
}

// Start makes the node known to kube-apiserver, and takes what Pods there are.
func (n *Node) Start(ctx context.Context) error {
	if err := n.register(ctx); err != nil {
		return fmt.Errorf("registering node %s: %w", nodeName, err)
	}
	core := n.factory.Core().V1()
	for _, watched := range []struct {
		informer cache.SharedIndexInformer
		changed  func(object any)
		deleted  func(object any)
	}{
		{core.Pods().Informer(), n.podChanged, n.podDeleted},
		{core.Secrets().Informer(), n.mountedChanged, n.mountedChanged},
		{core.ConfigMaps().Informer(), n.mountedChanged, n.mountedChanged},
		{core.PersistentVolumeClaims().Informer(), n.mountedChanged, n.claimDeleted},
	} {
		if _, err := watched.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    watched.changed,
			UpdateFunc: func(_, object any) { watched.changed(object) },
			DeleteFunc: func(object any) {
				if last, missed := object.(cache.DeletedFinalStateUnknown); missed {
					object = last.Obj
				}
				watched.deleted(object)
			},
		}); err != nil {
			return err
		}
	}
	n.factory.StartWithContext(n.ctx)
	for kind, synced := range n.factory.WaitForCacheSync(ctx.Done()) {
		if !synced {
			return fmt.Errorf("reading every %s: %w", kind, context.Cause(ctx))
		}
	}
	return nil
}

// register makes the node's object, without which no Pod counts as an endpoint.
func (n *Node) register(ctx context.Context) error {
	nodes := n.client.CoreV1().Nodes()
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{
		Name:   nodeName,
		Labels: map[string]string{corev1.LabelHostname: nodeName, corev1.LabelOSStable: "linux"},
	}}
	if _, err := nodes.Create(ctx, node, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	node, err := nodes.Get(ctx, nodeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	node.Status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: n.network.node()}}
	node.Status.Conditions = []corev1.NodeCondition{{
		Type: corev1.NodeReady, Status: corev1.ConditionTrue, Reason: "ProcessesOfThisMachine",
		LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.Now(),
	}}
	_, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{})
	return err
}

// podChanged hands a Pod to whoever runs it, which may have to be made, or gives it to the node.
func (n *Node) podChanged(object any) {
	latest := object.(*corev1.Pod)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil {
		return
	}
	if latest.Spec.NodeName == "" {
		if latest.DeletionTimestamp == nil && len(latest.Spec.SchedulingGates) == 0 {
			n.running.Go(func() { n.bind(latest) })
		}
		return
	}
	p := n.pods[latest.UID]
	if p == nil {
		if finished(latest) && latest.DeletionTimestamp == nil {
			return
		}
		p = newPod(n, latest)
		n.pods[latest.UID] = p
		n.running.Go(func() {
			p.run(n.ctx)
			n.mu.Lock()
			defer n.mu.Unlock()
			delete(n.pods, latest.UID)
		})
	}
	p.update(latest, false)
}

// bind does what a scheduler does once it has decided. Nobody tells of the Pod a second time, so it tries until that is done.
func (n *Node) bind(latest *corev1.Pod) {
	binding := &corev1.Binding{
		ObjectMeta: metav1.ObjectMeta{Name: latest.Name, Namespace: latest.Namespace, UID: latest.UID},
		Target:     corev1.ObjectReference{Kind: "Node", Name: nodeName},
	}
	_ = wait.PollUntilContextCancel(n.ctx, retryInterval, true, func(ctx context.Context) (done bool, err error) {
		err = n.client.CoreV1().Pods(latest.Namespace).Bind(ctx, binding, metav1.CreateOptions{})
		// It may have gone, or have been bound by an earlier attempt of ours.
		if err == nil || apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
			return true, nil
		}
		if ctx.Err() == nil {
			n.config.Logger.Error("binding a Pod", "pod", latest.Namespace+"/"+latest.Name, "error", err)
		}
		return false, nil
	}) // The only error is that of the context.
}

func (n *Node) podDeleted(object any) {
	last := object.(*corev1.Pod)
	n.mu.Lock()
	defer n.mu.Unlock()
	if p := n.pods[last.UID]; p != nil {
		p.update(last, true)
	}
}

// mountedChanged has every Pod of the object's namespace look at its volumes again.
func (n *Node) mountedChanged(object any) {
	namespace := object.(metav1.Object).GetNamespace()
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, p := range n.pods {
		if p.namespace == namespace {
			p.look()
		}
	}
}

// Stop ends every process and returns when all are gone. The Pods stay Pods: the
// next node that takes up the same cluster starts them again.
func (n *Node) Stop() error {
	n.mu.Lock()
	n.cancel() // From here on no Pod is taken.
	n.mu.Unlock()
	n.running.Wait()
	n.factory.Shutdown()
	return errors.Join(n.proxy.Close(), n.network.claim.Close())
}
