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
        private readonly ISigner _signer;
        private readonly IDigest _digest;
        private readonly StateFiles _files;
        private readonly OpenBatch _draft;
        private bool _isSigning;

        /// <summary>Loads what flash kept: a draft of the boot before becomes a closed batch of that boot.</summary>
        public Chain(NodeId node, int profile, byte[] firmware, ISigner signer, IDigest digest, IFlash flash, NodeCounts counts, int outboxBytes)
        {
            _node = node;
            _signer = signer;
            _digest = digest;
            _files = new StateFiles(flash, counts);
            _draft = new OpenBatch(node, profile, firmware);
            Batches = new SignedBatches(flash, digest, counts, outboxBytes);
            Batch? newest = Batches.Load();
            State = _files.Load() ?? new NodeState();
            Recover(newest);
            State.Boot++;
            Remember();
        }

        /// <summary>What flash keeps beside the batches.</summary>
        public NodeState State { get; }

        /// <summary>Signed batches.</summary>
        public SignedBatches Batches { get; }

        /// <summary>Sequence number of the next reading to be closed.</summary>
        public long Sequence { get { return State.NextSequence + _draft.Count; } }

        /// <summary>Seconds a reading lasts now: what the config says, or longer while the outbox fills.</summary>
        public int SlotSeconds { get; private set; }

        /// <summary>Batches closed and not released, signed or not.</summary>
        public int CountUnreleased { get { return Batches.CountUnreleased(State.Released) + (State.Unsigned.Length > 0 ? 1 : 0); } }

        /// <summary>Signatures over batches begun since boot; whoever shares the signer sees by it that its own was dropped.</summary>
        public long SignaturesStarted { get; private set; }

        /// <summary>Whether the signer is free for something else than batches.</summary>
        public bool IsSignerFree { get { return !_isSigning && State.Unsigned.Length == 0; } }

        /// <summary>Adds a closed reading and remembers it; the batch closes when it is full.</summary>
        public void Add(Reading reading, Counters opening, long uptimeSeconds, NodeTime time)
        {
            _draft.Add(reading, opening, uptimeSeconds, time);
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

            Close(Draft());
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
                // The state still names the batch as unsigned: a start finds it stored, so that needs no write.
                Store();
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
            Batch batch = Unsigned()!;
            byte[] message = SignedMessage.Encode(_node, payload, _signer.Signature());
            if (State.GapReason == GapReason.Lost && Batches.WouldDrop(message.Length, State.Released))
            {
                // Before anything goes, so that a power cut cannot make another reason of it.
                State.GapReason = GapReason.Dropped;
                Save();
            }

            // What is closed and unsigned is the newest of the chain, so its hash is the head.
            Batches.Add(new StoredBatch(batch.Sequence, batch.NextSequence, State.Head), message, State.Released);
            State.Unsigned = new byte[0];
            ChooseSlot();
        }

        /// <summary>
        /// The backend has everything below a sequence number, and nothing from there on. The number falls where the backend came
        /// back from a backup.
        /// </summary>
        public void Release(long next)
        {
            if (next == State.Released)
            {
                return;
            }

            // Where a cut makes the node forget this, the next receipt tells it again: the next reading's write is soon enough.
            // Not for the first: a node that had none follows the backend, and its copy would do so unseen.
            bool isFirst = State.Released == 1;
            bool isOver = next > State.Released && State.GapReason != GapReason.Lost && !IsMissing(next);
            bool mustWrite = isFirst || next < State.Released || isOver;
            State.GapReason = isOver ? GapReason.Lost : State.GapReason;
            State.Released = next;
            ChooseSlot();
            if (mustWrite)
            {
                Remember();
            }
        }

        /// <summary>
        /// Goes on behind what the backend has and this node lost: what is not signed yet is numbered anew and continues the
        /// backend's counters. Where this node counted more than the backend knows, one number is left out, so that a gap
        /// declares the new counters.
        /// </summary>
        public void ContinueAt(long sequence, byte[] head, Counters counters, Meter meter)
        {
            Batch? closed = Unsigned();
            Counters own = closed != null ? closed.Opening : _draft.Count > 0 ? _draft.Opening : meter.OpeningCounters;
            Counters lost = new Counters(
                Missing(counters.HarvestedMilliwattHours, own.HarvestedMilliwattHours),
                Missing(counters.DeliveredMilliwattHours, own.DeliveredMilliwattHours),
                Missing(counters.ImportedMilliwattHours, own.ImportedMilliwattHours));
            meter.Lift(lost);
            State.Totals.Lift(lost);
            _draft.Lift(lost);
            State.NextSequence = own.Plus(lost).IsSameAs(counters) ? sequence : sequence + 1;
            State.Head = head;
            State.Released = sequence;
            State.GapReason = GapReason.Lost;
            _isSigning = false;
            if (closed != null)
            {
                Close(Renumbered(closed, lost));
            }

            Remember();
        }

        /// <summary>
        /// Leaves this branch: everything from a refused batch on that is closed is set aside, and numbering goes on above what
        /// the backend wants next, so that a gap joins the two.
        /// </summary>
        public void LeaveBranch(long refused, long next)
        {
            _isSigning = false;
            State.GapReason = GapReason.Fork;
            Remember();
            Batches.SetAsideFrom(refused);
            State.NextSequence = State.NextSequence > next ? State.NextSequence : next + 1;
            State.Unsigned = new byte[0];
            State.Released = next;
            Remember();
        }

        /// <summary>
        /// Sets one batch aside; the gap from what the backend wants next will name the reason, which is written first, so that
        /// no power cut leaves the gap without it.
        /// </summary>
        public void SetAside(StoredBatch batch, long next, int gapReason)
        {
            State.Released = next;
            State.GapReason = gapReason;
            Remember();
            Batches.SetAside(batch);
            ChooseSlot();
        }

        /// <summary>Writes the state.</summary>
        public void Remember()
        {
            ChooseSlot();
            State.Draft = new byte[0];
            Save();
        }

        // While a draft of the boot before waits to be closed, it is in the state alone.
        private void Save()
        {
            State.Draft = _draft.Count == 0 ? State.Draft : Draft().Encode();
            _files.Save(State);
        }

        // Whether a reading is not here any more: then the reason why is still to be told.
        private bool IsMissing(long sequence)
        {
            StoredBatch? first = Batches.FirstFrom(sequence);
            return first != null ? first.Sequence > sequence : State.Unsigned.Length > 0 || State.NextSequence > sequence;
        }

        private void ChooseSlot()
        {
            SlotSeconds = Coarsening.Seconds(State.SlotSeconds, Batches.UnreleasedBlocks(State.Released), Batches.CapacityBlocks);
        }

        // From here on the batch is what is signed next, and the chain goes on behind it.
        private void Close(Batch batch)
        {
            byte[] payload = batch.Encode();
            State.Unsigned = payload;
            State.Head = _digest.Sha256(payload, 0, payload.Length);
            State.NextSequence = batch.NextSequence;
        }

        private Batch Renumbered(Batch closed, Counters lost)
        {
            Batch batch = Batch.Create(_node, closed.Firmware, State.Head, closed.Opening.Plus(lost), closed.Readings);
            batch.Boot = closed.Boot;
            batch.Sequence = State.NextSequence;
            batch.OpenedUnixSeconds = closed.OpenedUnixSeconds;
            batch.UptimeSeconds = closed.UptimeSeconds;
            batch.Clock = closed.Clock;
            batch.Profile = closed.Profile;
            return batch;
        }

        private Batch? Unsigned()
        {
            return State.Unsigned.Length == 0 ? null : Batch.Decode(State.Unsigned, 0, State.Unsigned.Length, out DecodeError error);
        }

        private static long Missing(long known, long own)
        {
            return known > own ? known - own : 0;
        }

        private Batch Draft()
        {
            return _draft.At(State.NextSequence, State.Head, State.Boot);
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

            Batch? closed = Unsigned();
            StoredBatch? same = closed == null ? null : Batches.Holding(closed.Sequence);
            if (same != null && Bytes.AreEqual(same.Hash, _digest.Sha256(State.Unsigned, 0, State.Unsigned.Length)))
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
        }
    }
}
