using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Uplink;

namespace DePin.Contracts.Updates
{
    /// <summary>Why an offer is withdrawn. The numbers are part of the format.</summary>
    public enum UpdateWithdrawal
    {
        /// <summary>The release is harmful: a node gives it up in every state, also in its trial.</summary>
        Recalled = 1,

        /// <summary>Its rollout was stopped or paused.</summary>
        Stopped = 2,

        /// <summary>Another release takes its place.</summary>
        Superseded = 3,

        /// <summary>Its time is over.</summary>
        Expired = 4
    }

    /// <summary>
    /// What the backend tells a node about releases: take this one (offer), no longer (withdraw), later (busy), trust other keys (keys),
    /// and that it stored a report (heard).
    /// </summary>
    public sealed class UpdateNotice
    {
        /// <summary>Kind: a signed release follows.</summary>
        public const int Offer = 1;

        /// <summary>Kind: the offer counts no more; its reason follows.</summary>
        public const int Withdraw = 2;

        /// <summary>Kind: too many download at once; seconds to wait follow.</summary>
        public const int Busy = 3;

        /// <summary>Kind: a signed rotation of the release keys follows; no attempt.</summary>
        public const int Keys = 4;

        /// <summary>Kind: the report with this counter is stored, and all before it.</summary>
        public const int Heard = 5;

        private UpdateNotice(DownHeader header, int kind, long attempt)
        {
            Header = header;
            Kind = kind;
            Attempt = attempt;
        }

        /// <summary>Node, session, counter.</summary>
        public DownHeader Header { get; }

        /// <summary><see cref="Offer"/>, <see cref="Withdraw"/>, <see cref="Busy"/>, <see cref="Keys"/> or <see cref="Heard"/>.</summary>
        public int Kind { get; }

        /// <summary>Number of the attempt with this release on this node, from 1; 0 for keys and for a report about them.</summary>
        public long Attempt { get; }

        /// <summary>The signed release of an offer, the signed rotation of keys; else empty. Its form is not judged yet.</summary>
        public byte[] Signed { get; private set; } = new byte[0];

        /// <summary>The release's hash, for withdraw, busy and heard; else zeros.</summary>
        public byte[] Release { get; private set; } = new byte[Batch.HashSize];

        /// <summary>Why, for withdraw.</summary>
        public UpdateWithdrawal Withdrawal { get; private set; }

        /// <summary>How long to wait before blocks are asked for again, for busy: 1 to 86,400 s.</summary>
        public int Seconds { get; private set; }

        /// <summary>Counter of the stored report, for heard.</summary>
        public long ReportCounter { get; private set; }

        /// <summary>An offer of a signed release.</summary>
        public static UpdateNotice ForOffer(DownHeader header, long attempt, byte[] signedRelease)
        {
            UpdateNotice notice = new UpdateNotice(header, Offer, attempt);
            notice.Signed = signedRelease;
            return notice;
        }

        /// <summary>The end of an offer.</summary>
        public static UpdateNotice ForWithdraw(DownHeader header, long attempt, byte[] releaseHash, UpdateWithdrawal reason)
        {
            UpdateNotice notice = new UpdateNotice(header, Withdraw, attempt);
            notice.Release = releaseHash;
            notice.Withdrawal = reason;
            return notice;
        }

        /// <summary>A wish to be asked later.</summary>
        public static UpdateNotice ForBusy(DownHeader header, long attempt, byte[] releaseHash, int seconds)
        {
            UpdateNotice notice = new UpdateNotice(header, Busy, attempt);
            notice.Release = releaseHash;
            notice.Seconds = seconds;
            return notice;
        }

        /// <summary>A rotation of the release keys.</summary>
        public static UpdateNotice ForKeys(DownHeader header, byte[] signedRotation)
        {
            UpdateNotice notice = new UpdateNotice(header, Keys, 0);
            notice.Signed = signedRotation;
            return notice;
        }

        /// <summary>The answer to a report.</summary>
        public static UpdateNotice ForHeard(DownHeader header, long attempt, byte[] releaseHash, long reportCounter)
        {
            UpdateNotice notice = new UpdateNotice(header, Heard, attempt);
            notice.Release = releaseHash;
            notice.ReportCounter = reportCounter;
            return notice;
        }

        /// <summary>Reads a payload; null with the reason when it is not exactly in the form. What is signed inside is not judged.</summary>
        public static UpdateNotice? Decode(byte[] payload, out DecodeError error)
        {
            CborReader reader = new CborReader(payload, 0, payload.Length);
            int items = reader.ReadArray(7, 8);
            DownHeader header = DownHeader.Read(reader);
            int kind = (int)reader.ReadUInt(Offer, Heard);
            bool isSigned = kind == Offer || kind == Keys;
            if (items != (isSigned ? 7 : 8))
            {
                reader.Fail(DecodeError.WrongLength);
            }

            UpdateNotice notice = new UpdateNotice(header, kind, ReadAttempt(reader, kind));
            if (isSigned)
            {
                notice.Signed = reader.ReadBytes(1, kind == Offer ? UpdateLimits.SignedReleaseBytes : UpdateLimits.SignedRotationBytes);
            }
            else
            {
                notice.Release = reader.ReadBytes(Batch.HashSize, Batch.HashSize);
                notice.ReadEnd(reader);
            }

            reader.Finish();
            error = reader.Error;
            return error == DecodeError.None ? notice : null;
        }

        /// <summary>The payload's bytes.</summary>
        public byte[] Encode()
        {
            bool isSigned = Kind == Offer || Kind == Keys;
            CborWriter writer = new CborWriter(Signed.Length + 96);
            writer.WriteArray(isSigned ? 7 : 8);
            Header.Write(writer);
            writer.WriteUInt(Kind);
            writer.WriteUInt(Attempt);
            if (isSigned)
            {
                writer.WriteBytes(Signed);
                return writer.ToArray();
            }

            writer.WriteBytes(Release);
            writer.WriteUInt(Kind == Withdraw ? (int)Withdrawal : Kind == Busy ? Seconds : ReportCounter);
            return writer.ToArray();
        }

        private static long ReadAttempt(CborReader reader, int kind)
        {
            return kind == Keys ? reader.ReadUInt(0, 0) : reader.ReadUInt(kind == Heard ? 0 : 1, uint.MaxValue);
        }

        private void ReadEnd(CborReader reader)
        {
            if (Kind == Withdraw)
            {
                Withdrawal = (UpdateWithdrawal)(int)reader.ReadUInt((int)UpdateWithdrawal.Recalled, (int)UpdateWithdrawal.Expired);
            }
            else if (Kind == Busy)
            {
                Seconds = (int)reader.ReadUInt(1, UpdateLimits.BusySecondsMax);
            }
            else
            {
                ReportCounter = reader.ReadUInt(1, MeteringLimits.CounterMax);
            }
        }
    }
}
