"""The virtual world in which replication protocols run: deterministic, seeded, and ignorant of every protocol.

Read it by layer; a file imports only from its own layer and those above it in this list.

layer 0   machine    the words that models speak: inputs, effects, Machine, Now, Cluster
          property   @always, @sometimes, @eventually
          units      "250ms", "3/100", "10MB/s" to integers and back
layer 1   chance     keyed random streams, the only maker of randomness
          normal     a table of the standard normal distribution, for integer arithmetic
          quantiles  other distributions on the same grid
          trace      the kinds of records and their values; the format is described in trace.md
          recorder   numbers records, tells listeners, writes lines, keeps the digest
          tracefile  reads traces, foreign ones too
          history    what clients asked and what they were told
          jury       runs properties over records, online or from a file
          metrics    what a run came to in numbers: failovers, convergence, waiting
          checks/    the properties that every model gets for nothing, and the judges of histories
layer 2   kernel     the event queue: SimPy's, and the one place that reaches inside it
          weather    how links behave over time: bursts of loss, flapping
          latency    distributions of delays, measured regions
          fate       what becomes of a packet, from four keyed words
          decisions  packets whose fate is decided beforehand
          clock disk link network alarms host clients
          topology   a graph on whose nodes the replicas sit: quickest paths, cut edges
          ntp        what keeps wall clocks nearly right
          targets    "leader", "rest", "random(2)": who a fault strikes, decided when it fires
          faults/    one misfortune a file, each a value that mends what it broke
layer 3   world      Plan -> World -> Outcome: run(plan, seed, sinks)
"""
