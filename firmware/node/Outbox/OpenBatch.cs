using System.Collections;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Node.Metering;

namespace DePin.Node.Outbox
{
    /// <summary>Closed readings that are not in a closed batch yet. Its place in the chain is told when it is asked for.</summary>
    public sealed class OpenBatch
    {
        private readonly NodeId _node;
        private readonly int _profile;
        private readonly byte[] _firmware;
        private readonly ArrayList _readings = new ArrayList();
        private long _uptimeSeconds;
        private long _openedUnixSeconds;
        private int _clock;

        /// <param name="node">Who measures.</param>
        /// <param name="profile">Number of the hardware profile.</param>
        /// <param name="firmware">First 8 bytes of the SHA-256 of the running bundle.</param>
        public OpenBatch(NodeId node, int profile, byte[] firmware)
        {
            _node = node;
            _profile = profile;
            _firmware = firmware;
            Opening = new Counters(0, 0, 0);
        }

        /// <summary>Readings so far.</summary>
        public int Count { get { return _readings.Count; } }

        /// <summary>Lifetime counters when the first reading opened.</summary>
        public Counters Opening { get; private set; }

        /// <summary>Adds a reading; the first one brings opening, uptime and time of the batch.</summary>
        public void Add(Reading reading, Counters opening, long uptimeSeconds, NodeTime time)
        {
            if (_readings.Count == 0)
            {
                Opening = opening;
                _uptimeSeconds = uptimeSeconds;
                _openedUnixSeconds = time.UnixAt(uptimeSeconds);
                _clock = time.StateAt(uptimeSeconds);
            }

            _readings.Add(reading);
        }

        /// <summary>Raises the opening counters by what this node lost.</summary>
        public void Lift(Counters lost)
        {
            Opening = Opening.Plus(lost);
        }

        /// <summary>Forgets the readings: they are in a closed batch now.</summary>
        public void Clear()
        {
            _readings.Clear();
        }

        /// <summary>The batch as it stands, at a place in the chain.</summary>
        public Batch At(long sequence, byte[] previous, long boot)
        {
            Reading[] readings = new Reading[_readings.Count];
            for (int i = 0; i < readings.Length; i++)
            {
                readings[i] = (Reading)_readings[i]!;
            }

            Batch batch = Batch.Create(_node, _firmware, previous, Opening, readings);
            batch.Boot = boot;
            batch.Sequence = sequence;
            batch.OpenedUnixSeconds = _openedUnixSeconds;
            batch.UptimeSeconds = _uptimeSeconds;
            batch.Clock = _clock;
            batch.Profile = _profile;
            return batch;
        }
    }
}
