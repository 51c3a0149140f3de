package main

import (
	"sync"
	"time"
)

// Rounds for which goroutines are started anew, as in the other contestants.
const rounds = 10_000

func lockUnlock(n int, m *meter) {
	var mutex sync.Mutex
	m.start()
	for i := 0; i < n; i++ {
		mutex.Lock()
		mutex.Unlock()
	}
	m.stop()
}

// Repeats a game of some rounds until n are over. Play is called by both sides.
func game(n int, m *meter, play func(me, rounds int)) {
	m.start()
	for n > 0 {
		count := rounds
		if n < rounds {
			count = n
		}
		n -= count
		done := make(chan struct{})
		go func() {
			play(1, count)
			close(done)
		}()
		play(0, count)
		<-done
	}
	m.stop()
}

func mutexCondition(n int, m *meter) {
	var mutex sync.Mutex
	changed := sync.NewCond(&mutex)
	turn := 0
	game(n, m, func(me, rounds int) {
		mutex.Lock()
		for i := 0; i < rounds; i++ {
			for turn != me {
				changed.Wait()
			}
			turn = 1 - me
			changed.Signal()
		}
		mutex.Unlock()
	})
}

// Round trips through two channels with that many places.
func channels(capacity int) row {
	return func(n int, m *meter) {
		there, back := make(chan int, capacity), make(chan int, capacity)
		game(n, m, func(me, rounds int) {
			for i := 0; i < rounds; i++ {
				if me == 0 {
					there <- i
					<-back
				} else {
					back <- <-there
				}
			}
		})
	}
}

// Timers that go off after the end of the benchmark, in no order.
const pending = 1_000_000

func later(i int) time.Duration {
	return 1000*time.Second + time.Duration(i*104_729%999_983)*time.Microsecond
}

var timers []*time.Timer

// Makes the pending timers, if that was not done yet.
func pendingTimers() []*time.Timer {
	for i := len(timers); i < pending; i++ {
		timers = append(timers, time.NewTimer(later(i)))
	}
	return timers
}

func timerSetCancel(n int, m *meter) {
	pendingTimers()
	timer := time.NewTimer(later(0))
	m.start()
	for i := 0; i < n; i++ {
		timer.Reset(later(i))
		timer.Stop()
	}
	m.stop()
}

func timerReset(n int, m *meter) {
	timers := pendingTimers()
	m.start()
	for i := 0; i < n; i++ {
		timers[i*7919%pending].Reset(later(i))
	}
	m.stop()
}

func init() {
	rows["lock_unlock"] = lockUnlock
	rows["ping_pong/mutex_condition"] = mutexCondition
	rows["ping_pong/channel"] = channels(0)
	// A channel with one place is Go's binary semaphore.
	rows["ping_pong/semaphore"] = channels(1)
	rows["timer/set_cancel"] = timerSetCancel
	rows["timer/reset"] = timerReset
}
