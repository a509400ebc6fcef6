using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Updates;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// How far the node is with a release, in the twin file "update" beside the slots: whatever firmware runs after a start finds it
    /// there. Written at every change of the state, before every report, and at every reading of a trial.
    /// </summary>
    public sealed class UpdateRecord
    {
        private const int None = 0;
        private readonly TwinFile _file;

        private UpdateRecord(TwinFile file)
        {
            _file = file;
        }

        /// <summary>Counter of the last report; rises for ever.</summary>
        public long Counter { get; set; }

        /// <summary>The offer's attempt; 0 where there never was an offer.</summary>
        public long Attempt { get; private set; }

        /// <summary>Where it stands: one of <see cref="UpdateState"/>, or 0 where there never was an offer.</summary>
        public UpdateState State { get; private set; }

        /// <summary>Why.</summary>
        public UpdateReason Reason { get; private set; }

        /// <summary>Whether the backend has stored the report of this state.</summary>
        public bool IsHeard { get; set; }

        /// <summary>The release's hash.</summary>
        public byte[] Release { get; private set; } = new byte[Batch.HashSize];

        /// <summary>The signed release as it was offered; its signatures were checked before it came here.</summary>
        public byte[] Signed { get; private set; } = new byte[0];

        /// <summary>Number of the slot that it is for.</summary>
        public int Slot { get; private set; }

        /// <summary>Lifetime counters of the old firmware when the trial began.</summary>
        public Counters Before { get; private set; } = new Counters(0, 0, 0);

        /// <summary>Seconds of the trial so far, over all its starts.</summary>
        public long TrialSeconds { get; set; }

        /// <summary>Whether the attempt is at its end, or there is none.</summary>
        public bool IsOver
        {
            get { return State == None || State == UpdateState.Rejected || State == UpdateState.Confirmed || State == UpdateState.WentBack; }
        }

        /// <summary>The newest whole record; an empty one where there is none.</summary>
        public static UpdateRecord Load(IFlash flash)
        {
            UpdateRecord record = new UpdateRecord(new TwinFile(flash, "update"));
            byte[]? content = record._file.Load();
            if (content != null && !record.Read(new CborReader(content, 0, content.Length)))
            {
                // Written by a firmware that knew more: the slots alone say what runs.
                record = new UpdateRecord(record._file);
            }

            return record;
        }

        /// <summary>Whether this is the attempt that the record is about.</summary>
        public bool IsAbout(byte[] release, long attempt)
        {
            return Attempt == attempt && Bytes.AreEqual(Release, release);
        }

        /// <summary>A new attempt begins.</summary>
        public void Accept(byte[] release, byte[] signed, long attempt, int slot, UpdateReason reason)
        {
            Release = release;
            Signed = signed;
            Attempt = attempt;
            Slot = slot;
            TrialSeconds = 0;
            Set(UpdateState.Accepted, reason);
        }

        /// <summary>An attempt that ended before it began.</summary>
        public void End(byte[] release, long attempt, UpdateState state)
        {
            Release = release;
            Signed = new byte[0];
            Attempt = attempt;
            Slot = SlotRecord.Factory;
            Set(state, UpdateReason.None);
        }

        /// <summary>The new firmware is about to be tried.</summary>
        public void Try(Counters before)
        {
            Before = before;
            TrialSeconds = 0;
            Set(UpdateState.Trial, UpdateReason.None);
        }

        /// <summary>Another state, written at once; its report is due.</summary>
        public void Set(UpdateState state, UpdateReason reason)
        {
            State = state;
            Reason = reason;
            IsHeard = false;
            Save();
        }

        /// <summary>Writes it.</summary>
        public void Save()
        {
            CborWriter writer = new CborWriter(Signed.Length + 128);
            writer.WriteArray(13);
            writer.WriteUInt(UpdateLimits.Format);
            writer.WriteUInt(Counter);
            writer.WriteUInt(Attempt);
            writer.WriteUInt((int)State);
            writer.WriteUInt((int)Reason);
            writer.WriteUInt(IsHeard ? 1 : 0);
            writer.WriteBytes(Release);
            writer.WriteBytes(Signed);
            writer.WriteUInt(Slot);
            writer.WriteUInt(Before.HarvestedMilliwattHours);
            writer.WriteUInt(Before.DeliveredMilliwattHours);
            writer.WriteUInt(Before.ImportedMilliwattHours);
            writer.WriteUInt(TrialSeconds);
            _file.Save(writer.ToArray());
        }

        private bool Read(CborReader reader)
        {
            reader.ReadArray(13, 13);
            reader.ReadUInt(UpdateLimits.Format, UpdateLimits.Format);
            Counter = reader.ReadUInt(0, MeteringLimits.CounterMax);
            Attempt = reader.ReadUInt(0, uint.MaxValue);
            State = (UpdateState)(int)reader.ReadUInt(0, (int)UpdateState.WentBack);
            Reason = (UpdateReason)(int)reader.ReadUInt(0, (int)UpdateReason.SlotLost);
            IsHeard = reader.ReadUInt(0, 1) == 1;
            Release = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
            Signed = reader.ReadBytes(0, UpdateLimits.SignedReleaseBytes);
            Slot = (int)reader.ReadUInt(0, 2);
            long harvested = reader.ReadUInt(0, MeteringLimits.CounterMax);
            long delivered = reader.ReadUInt(0, MeteringLimits.CounterMax);
            long imported = reader.ReadUInt(0, MeteringLimits.CounterMax);
            Before = new Counters(harvested, delivered, imported);
            TrialSeconds = reader.ReadUInt(0, uint.MaxValue);
            return reader.Finish();
        }
    }
}
