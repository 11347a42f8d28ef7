// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"spectrocloud.com/tenancy/test/integration/framework"
)

// belonging is a consumer that one writer has made, and that nobody else writes to but the servers.
type belonging struct {
	resource, project, name string
	// told is the object as it was last answered.
	told object
	// created says that its creation was acknowledged, unsure that a later write went unanswered.
	created, unsure bool
	// leaving says that its deletion was asked for, gone that its end was acknowledged.
	leaving, gone bool
}

// writer is one of those in a storm.
type writer struct {
	storm *storm
	dice  *rand.Rand
	own   []*belonging
	made  int
}

// step does one of the things that writers do.
func (w *writer) step(ctx context.Context) {
	n := w.dice.IntN(100)
	switch {
	case n < 4:
		w.moveLimit(ctx)
	case n < 6:
		w.askTooMuch(ctx)
	case len(w.own) == 0, n < 35 && len(w.own) < 5:
		w.create(ctx)
	default:
		b := w.own[w.dice.IntN(len(w.own))]
		switch {
		case b.leaving || n < 50:
			w.remove(ctx, b)
		case n < 75:
			w.resize(ctx, b)
		default:
			w.suspend(ctx, b)
		}
	}
}

// some is GPUs of one family, or of two.
func (w *writer) some() counts {
	families := []string{a100, h100, l40s}
	gpus := counts{}
	for range 1 + w.dice.IntN(2) {
		gpus[families[w.dice.IntN(len(families))]] = 1 + w.dice.Int32N(4)
	}
	return gpus
}

// somewhere is a kind of consumer and a Project.
func (w *writer) somewhere() (resource, project string) {
	return []string{workloads, workloads, pools}[w.dice.IntN(3)], w.storm.projects[w.dice.IntN(len(w.storm.projects))]
}

func (w *writer) create(ctx context.Context) {
	b := &belonging{name: framework.Name("c")}
	b.resource, b.project = w.somewhere()
	o := newObject(b.resource, b.name, w.some())
	if w.dice.IntN(8) == 0 {
		o.Finalizers = []string{finalizer}
	}
	what, send := "create", create
	if w.dice.IntN(4) == 0 {
		what, send = "apply", apply
	}
	told, result := w.storm.ask(ctx, w.dice, what, "", func(ctx context.Context, server *framework.Person) (object, error) {
		return send(ctx, server, b.project, b.resource, o)
	})
	b.told, b.created, b.unsure = told, result == done, result != done
	w.own = append(w.own, b)
	w.storm.mu.Lock()
	defer w.storm.mu.Unlock()
	w.storm.belongings = append(w.storm.belongings, b)
}

// apply creates by server-side apply.
func apply(ctx context.Context, server *framework.Person, project, resource string, o object) (object, error) {
	request := server.REST().Patch(types.ApplyPatchType).Namespace(project).Resource(resource).Name(o.Name).Param("fieldManager", "storm")
	return answer(ctx, request, o)
}

// askTooMuch asks for more than one request may have.
func (w *writer) askTooMuch(ctx context.Context) {
	resource, project := w.somewhere()
	w.storm.ask(ctx, w.dice, "too much", "one request may ask for at most", func(ctx context.Context, server *framework.Person) (object, error) {
		told, err := create(ctx, server, project, resource, newObject(resource, framework.Name("too-much"), counts{h100: mostRequested + 1}))
		if err == nil {
			err = fmt.Errorf("%s was created", told.Name)
		}
		return told, err
	})
}

func (w *writer) resize(ctx context.Context, b *belonging) {
	gpus := w.some()
	if b.resource == pools {
		w.patch(ctx, "resize", "can't be raised by", b, map[string]any{"clusterVariant": specOf(pools, gpus).ClusterVariant})
		return
	}
	requests := map[string]any{a100: nil, h100: nil, l40s: nil}
	for family, n := range gpus {
		requests[family] = n
	}
	w.patch(ctx, "resize", "can't be raised by", b, map[string]any{"gpuRequests": requests})
}

func (w *writer) suspend(ctx context.Context, b *belonging) {
	what := "suspend"
	if b.told.Spec.Suspend {
		what = "resume"
	}
	w.patch(ctx, what, "", b, map[string]any{"suspend": !b.told.Spec.Suspend})
}

// patch changes the spec, and its display name with it: so no acknowledged write is one that changed nothing.
func (w *writer) patch(ctx context.Context, what, refusal string, b *belonging, spec map[string]any) {
	w.made++
	spec["displayName"] = fmt.Sprintf("write %d", w.made)
	told, result := w.storm.ask(ctx, w.dice, what, refusal, func(ctx context.Context, server *framework.Person) (object, error) {
		return patch(ctx, server, b.project, b.resource, b.name, map[string]any{"spec": spec})
	})
	switch result {
	case done:
		b.told, b.created, b.unsure = told, true, false
	case missing:
		w.lost(what, b)
	case unanswered:
		b.unsure = true
	}
}

// lost takes note that there is no such object.
func (w *writer) lost(what string, b *belonging) {
	w.own = slices.DeleteFunc(w.own, func(other *belonging) bool { return other == b })
	if b.created && !b.leaving {
		w.storm.mu.Lock()
		defer w.storm.mu.Unlock()
		w.storm.wrong = append(w.storm.wrong, fmt.Sprintf("%s: %s %s/%s is not there, though it was acknowledged and is not deleted",
			what, b.resource, b.project, b.name))
	}
}

// remove deletes, and takes the finalizer off if there is one.
func (w *writer) remove(ctx context.Context, b *belonging) {
	_, result := w.storm.ask(ctx, w.dice, "delete", "", func(ctx context.Context, server *framework.Person) (object, error) {
		return object{}, remove(ctx, server, b.project, b.resource, b.name)
	})
	if result == missing {
		w.lost("delete", b)
		return
	}
	b.leaving = true
	if result == done && len(b.told.Finalizers) > 0 {
		_, result = w.storm.ask(ctx, w.dice, "finalize", "", func(ctx context.Context, server *framework.Person) (object, error) {
			return patch(ctx, server, b.project, b.resource, b.name, withoutFinalizers)
		})
	}
	// A creation that went unanswered may have put a finalizer there that nobody was told of.
	if result == done && b.created {
		b.gone = true
		w.lost("delete", b)
	}
}

// moveLimit raises or lowers a limit of the Tenant or of a Project.
func (w *writer) moveLimit(ctx context.Context) {
	families := []string{a100, h100}
	family := families[w.dice.IntN(len(families))]
	what, refusal := "Tenant's limit", "is below what Projects of this Tenant have"
	of := func(r *rest.Request) *rest.Request { return r.Resource("tenants").Name(w.storm.tenant) }
	limit := 16 + w.dice.IntN(48)
	if w.dice.IntN(2) == 0 {
		project := w.storm.projects[w.dice.IntN(len(w.storm.projects))]
		what, refusal = "Project's limit", "which is what Tenant"
		of = func(r *rest.Request) *rest.Request { return r.Namespace(project).Resource("projects").Name(project) }
		limit = 4 + w.dice.IntN(60)
	}
	body := fmt.Appendf(nil, `{"spec":{"gpuResources":{"limits":{%q:%d}}}}`, family, limit)
	w.storm.ask(ctx, w.dice, what, refusal, func(ctx context.Context, server *framework.Person) (object, error) {
		request := of(server.REST().Patch(types.MergePatchType)).Body(body).SetHeader("Accept", "application/json")
		return object{}, request.Do(ctx).Error()
	})
}
