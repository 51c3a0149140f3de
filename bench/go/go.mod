module jiffy/bench

go 1.19
