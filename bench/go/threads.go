package main

import (
	"runtime"
	"sync"
	"sync/atomic"
)

const (
	batch  = 10_000
	leaves = 1_000_000
	fanOut = 10
)

// One iteration is one switch.
func ring(goroutines int) row {
	return func(n int, m *meter) {
		var stop atomic.Bool
		var all sync.WaitGroup
		for i := 1; i < goroutines; i++ {
			all.Add(1)
			go func() {
				for !stop.Load() {
					runtime.Gosched()
				}
				all.Done()
			}()
		}
		runtime.Gosched()
		m.start()
		for i := 0; i < n; i += goroutines {
			runtime.Gosched()
		}
		m.stop()
		stop.Store(true)
		all.Wait()
	}
}

func spawnJoinSingle(n int, m *meter) {
	m.start()
	for i := 0; i < n; i++ {
		done := make(chan struct{})
		go func() { close(done) }()
		<-done
	}
	m.stop()
}

func spawnJoinBatch(n int, m *meter) {
	m.start()
	for i := 0; i < n; i += batch {
		var all sync.WaitGroup
		all.Add(batch)
		for k := 0; k < batch; k++ {
			go func() { all.Done() }()
		}
		all.Wait()
	}
	m.stop()
}

func skynet(out chan<- int, first, size int) {
	if size == 1 {
		out <- first
		return
	}
	sums := make(chan int, fanOut)
	part := size / fanOut
	for i := 0; i < fanOut; i++ {
		go skynet(sums, first+i*part, part)
	}
	sum := 0
	for i := 0; i < fanOut; i++ {
		sum += <-sums
	}
	out <- sum
}

func skynetRounds(n int, m *meter) {
	const roundsBefore = 4
	for i := -roundsBefore; i < n; i++ {
		if i == 0 {
			m.start()
		}
		out := make(chan int)
		go skynet(out, 0, leaves)
		if <-out != leaves*(leaves-1)/2 {
			panic("skynet: wrong sum")
		}
	}
	m.stop()
}

func init() {
	rows["ring/2"] = ring(2)
	rows["ring/100"] = ring(100)
	rows["ring/10000"] = ring(10_000)
	rows["spawn_join/single"] = spawnJoinSingle
	rows["spawn_join/batch"] = spawnJoinBatch
	rows["skynet"] = skynetRounds
}
