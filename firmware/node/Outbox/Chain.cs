using System.Collections;
using DePin.Contracts.Cbor;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Node.Metering;
using DePin.Node.Signing;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// Turns readings into batches chained by hash, has them signed in steps, and stores them. At every moment there is at most
    /// an open batch (the draft) and one that is closed and being signed; both are in the state file, so a power cut costs
    /// neither.
    /// </summary>
    public sealed class Chain
    {
        private readonly NodeId _node;
        private readonly int _profile;
        private readonly byte[] _firmware;
        private readonly ISigner _signer;
        private readonly IDigest _digest;
        private readonly StateFiles _files;
        private readonly ArrayList _draft = new ArrayList();
        private Counters _draftOpening = new Counters(0, 0, 0);
        private long _draftUptime;
        private long _draftOpened;
        private int _draftClock;
        private bool _isSigning;

        /// <summary>Loads what flash kept: a draft of the boot before becomes a closed batch of that boot.</summary>
        public Chain(NodeId node, int profile, byte[] firmware, ISigner signer, IDigest digest, IFlash flash, NodeCounts counts, int capacity)
        {
            _node = node;
            _profile = profile;
            _firmware = firmware;
            _signer = signer;
            _digest = digest;
            _files = new StateFiles(flash, counts);
            Batches = new SignedBatches(flash, digest, counts, capacity);
            Batch? newest = Batches.Load();
            State = _files.Load() ?? new NodeState();
            Recover(newest);
            State.Boot++;
            _files.Save(State);
        }

        /// <summary>What flash keeps beside the batches.</summary>
        public NodeState State { get; }

        /// <summary>Signed batches.</summary>
        public SignedBatches Batches { get; }

        /// <summary>Whether an unreleased batch was dropped because the flash was full.</summary>
        public bool HasDropped { get; set; }

        /// <summary>Sequence number of the next reading to be closed.</summary>
        public long Sequence { get { return State.NextSequence + _draft.Count; } }

        /// <summary>Batches closed and not released, signed or not.</summary>
        public int CountUnreleased { get { return Batches.CountUnreleased(State.Released) + (State.Unsigned.Length > 0 ? 1 : 0); } }

        /// <summary>Signatures over batches begun since boot; whoever shares the signer sees by it that its own was dropped.</summary>
        public long SignaturesStarted { get; private set; }

        /// <summary>Whether the signer is free for something else than batches.</summary>
        public bool IsSignerFree { get { return !_isSigning && State.Unsigned.Length == 0; } }

        /// <summary>Adds a closed reading and remembers it; the batch closes when it is full.</summary>
        public void Add(Reading reading, Counters opening, long uptimeSeconds, NodeTime time)
        {
            if (_draft.Count == 0)
            {
                _draftOpening = opening;
                _draftUptime = uptimeSeconds;
                _draftOpened = time.UnixAt(uptimeSeconds);
                _draftClock = time.StateAt(uptimeSeconds);
            }

            _draft.Add(reading);
            if (_draft.Count >= State.BatchReadings && State.Unsigned.Length == 0 || _draft.Count >= MeteringLimits.ReadingsPerBatch)
            {
                CloseBatch();
            }
            else
            {
                Remember();
            }
        }

        /// <summary>Closes the open batch, if it has readings. A batch still being signed is finished first, in one go: this is rare.</summary>
        public void CloseBatch()
        {
            if (_draft.Count == 0)
            {
                return;
            }

            if (State.Unsigned.Length > 0)
            {
                SignAtOnce();
            }

            Batch batch = Draft();
            byte[] payload = batch.Encode();
            State.Unsigned = payload;
            State.Head = _digest.Sha256(payload, 0, payload.Length);
            State.NextSequence = batch.NextSequence;
            _draft.Clear();
            Remember();
        }

        /// <summary>One step of signing what is closed; stores it when the signature is ready.</summary>
        public void Step()
        {
            if (State.Unsigned.Length == 0)
            {
                return;
            }

            if (!_isSigning)
            {
                StartSigning();
            }

            if (_signer.Step())
            {
                Store();
                Remember();
            }
        }

        private void StartSigning()
        {
            _signer.Start(SignedMessage.ToBeSigned(SignedMessage.BatchContext, State.Unsigned, 0, State.Unsigned.Length));
            _isSigning = true;
            SignaturesStarted++;
        }

        private void SignAtOnce()
        {
            StartSigning();
            while (!_signer.Step())
            {
            }

            Store();
        }

        private void Store()
        {
            _isSigning = false;
            byte[] payload = State.Unsigned;
            Batch batch = Batch.Decode(payload, 0, payload.Length, out DecodeError error)!;
            StoredBatch stored = new StoredBatch(batch.Sequence, batch.NextSequence, _digest.Sha256(payload, 0, payload.Length), batch.Opening);
            HasDropped |= Batches.Add(stored, SignedMessage.Encode(_node, payload, _signer.Signature()), State.Released);
            State.Unsigned = new byte[0];
        }

        /// <summary>Everything below a sequence number is stored by the backend.</summary>
        public void Release(long next)
        {
            if (next > State.Released)
            {
                State.Released = next;
                Remember();
            }
        }

        /// <summary>Goes on behind what the backend has and this node lost: the open batch is numbered anew.</summary>
        public void ContinueAt(long sequence, byte[] head, Counters counters, Meter meter)
        {
            _isSigning = false;
            State.Unsigned = new byte[0];
            State.NextSequence = sequence;
            State.Head = head;
            State.Released = sequence;
            Counters own = _draft.Count > 0 ? _draftOpening : meter.OpeningCounters;
            Counters lost = new Counters(
                Missing(counters.HarvestedMilliwattHours, own.HarvestedMilliwattHours),
                Missing(counters.DeliveredMilliwattHours, own.DeliveredMilliwattHours),
                Missing(counters.ImportedMilliwattHours, own.ImportedMilliwattHours));
            meter.Lift(lost);
            _draftOpening = _draftOpening.Plus(lost);
            State.Totals = meter.Totals;
            Remember();
        }

        /// <summary>Leaves this branch: what is closed and not stored by the backend is set aside; numbering goes on above <paramref name="next"/>.</summary>
        public void LeaveBranch(long next)
        {
            _isSigning = false;
            Batches.RemoveUnreleased(next);
            State.NextSequence = State.NextSequence > next ? State.NextSequence : next + 1;
            State.Unsigned = new byte[0];
            Remember();
        }

        /// <summary>Writes the state.</summary>
        public void Remember()
        {
            State.Draft = _draft.Count == 0 ? new byte[0] : Draft().Encode();
            _files.Save(State);
        }

        private static long Missing(long known, long own)
        {
            return known > own ? known - own : 0;
        }

        private Batch Draft()
        {
            Reading[] readings = new Reading[_draft.Count];
            for (int i = 0; i < readings.Length; i++)
            {
                readings[i] = (Reading)_draft[i]!;
            }

            Batch batch = Batch.Create(_node, _firmware, State.Head, _draftOpening, readings);
            batch.Boot = State.Boot;
            batch.Sequence = State.NextSequence;
            batch.OpenedUnixSeconds = _draftOpened;
            batch.UptimeSeconds = _draftUptime;
            batch.Clock = _draftClock;
            batch.Profile = _profile;
            return batch;
        }

        private void Recover(Batch? newest)
        {
            if (newest != null && newest.NextSequence > State.NextSequence)
            {
                // The state is older than the batches, or gone: the newest batch tells where the chain stands.
                StoredBatch stored = Batches.Newest!;
                State.NextSequence = newest.NextSequence;
                State.Head = stored.Hash;
                State.Boot = State.Boot > newest.Boot ? State.Boot : newest.Boot;
                State.Totals.RaiseTo(newest.Closing());
                State.Unsigned = new byte[0];
                State.Draft = new byte[0];
            }

            if (State.Unsigned.Length > 0 && Batches.WithHash(_digest.Sha256(State.Unsigned, 0, State.Unsigned.Length)) != null)
            {
                State.Unsigned = new byte[0];
            }

            if (State.Draft.Length == 0)
            {
                return;
            }

            Batch? draft = Batch.Decode(State.Draft, 0, State.Draft.Length, out DecodeError error);
            if (draft == null || draft.Sequence != State.NextSequence)
            {
                State.Draft = new byte[0];
                return;
            }

            if (State.Unsigned.Length > 0)
            {
                // Two batches of the boot before wait: sign the older one right away, before anything new is measured.
                SignAtOnce();
            }

            State.Unsigned = State.Draft;
            State.Head = _digest.Sha256(State.Draft, 0, State.Draft.Length);
            State.NextSequence = draft.NextSequence;
            State.Draft = new byte[0];
        }
    }
}
