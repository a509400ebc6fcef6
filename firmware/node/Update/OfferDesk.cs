using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Node.Metering;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// Judges what is offered, releases and sets of keys: first what costs nothing, then the signatures in steps. What is refused
    /// leaves everything as it was, and the backend hears why.
    /// </summary>
    public sealed class OfferDesk
    {
        private readonly int _profile;
        private readonly IDigest _digest;
        private readonly IUpdateBoard _board;
        private readonly TrustedKeys _keys;
        private readonly UpdateRecord _record;
        private readonly SlotRecord _slots;
        private readonly ReportDesk _reports;
        private readonly Countersignatures _signatures;
        private SignedRelease? _release;
        private KeyRotation? _rotation;
        private byte[] _hash = new byte[0];
        private long _attempt;
        private UpdateReason _remark;

        /// <summary>Puts the parts together; the caller owns them.</summary>
        public OfferDesk(int profile, IDigest digest, IUpdateBoard board, TrustedKeys keys, UpdateRecord record, SlotRecord slots, ReportDesk reports)
        {
            _profile = profile;
            _digest = digest;
            _board = board;
            _keys = keys;
            _record = record;
            _slots = slots;
            _reports = reports;
            _signatures = new Countersignatures(digest);
        }

        /// <summary>Whether signatures are being checked.</summary>
        public bool IsChecking { get { return _signatures.IsChecking; } }

        /// <summary>Takes an offer. The same one again changes nothing.</summary>
        public void Take(UpdateNotice notice, long uptimeSeconds, NodeTime time)
        {
            SignedRelease? release = SignedRelease.Decode(notice.Signed, out DecodeError _);
            if (release == null)
            {
                // There is no manifest to hash: the backend knows its message by the hash of the whole.
                _reports.Say(_digest.Sha256(notice.Signed, 0, notice.Signed.Length), notice.Attempt, UpdateState.Rejected, UpdateReason.Malformed);
                return;
            }

            byte[] hash = release.Hash(_digest);
            bool isKnown = _record.IsAbout(hash, notice.Attempt) || _reports.Said(hash, notice.Attempt) || (_release != null && _attempt == notice.Attempt && Bytes.AreEqual(_hash, hash));
            bool isLate = Bytes.AreEqual(_record.Release, hash) && notice.Attempt < _record.Attempt;
            if (isKnown || isLate)
            {
                return;
            }

            UpdateReason reason = Judge(release.Manifest, uptimeSeconds, time);
            if (reason != UpdateReason.None)
            {
                _reports.Say(hash, notice.Attempt, UpdateState.Rejected, reason);
                return;
            }

            _release = release;
            _rotation = null;
            _hash = hash;
            _attempt = notice.Attempt;
            _remark = IsOver(release.Manifest, uptimeSeconds, time) ? UpdateReason.Stale : UpdateReason.None;
            _signatures.Start(release.Envelope, ReleaseManifest.Context, _keys.Release);
        }

        /// <summary>Takes a set of release keys.</summary>
        public void TakeKeys(UpdateNotice notice)
        {
            CountersignedMessage? message = CountersignedMessage.Decode(notice.Signed, UpdateLimits.SignedRotationBytes, out DecodeError _);
            KeyRotation? rotation = message == null ? null : KeyRotation.Decode(message.Message, message.PayloadOffset, message.PayloadLength, out DecodeError _);
            if (rotation == null)
            {
                byte[] hash = message == null ? _digest.Sha256(notice.Signed, 0, notice.Signed.Length) : _digest.Sha256(notice.Signed, message.PayloadOffset, message.PayloadLength);
                _reports.Say(hash, 0, UpdateState.Rejected, UpdateReason.Malformed);
            }
            else if (!_signatures.IsChecking)
            {
                byte[] payload = message!.CopyPayload();
                byte[] hash = _digest.Sha256(payload, 0, payload.Length);
                if (_reports.Said(hash, 0))
                {
                    return;
                }

                if (_keys.IsInForce(payload))
                {
                    _reports.Say(hash, 0, UpdateState.Confirmed, UpdateReason.None);
                }
                else if (rotation.Version <= _keys.Version)
                {
                    _reports.Say(hash, 0, UpdateState.Rejected, UpdateReason.KeysTooOld);
                }
                else
                {
                    _rotation = rotation;
                    _release = null;
                    _hash = hash;
                    _signatures.Start(message, KeyRotation.Context, _keys.Root);
                }
            }
        }

        /// <summary>What is being judged is offered no more.</summary>
        public void Withdraw(UpdateNotice notice)
        {
            if (_release != null && _attempt == notice.Attempt && Bytes.AreEqual(_hash, notice.Release))
            {
                _signatures.Stop();
                _release = null;
                _reports.Say(notice.Release, notice.Attempt, UpdateState.WentBack, UpdateReason.Withdrawn);
            }
        }

        /// <summary>One step of checking; true where the record begins with another release.</summary>
        public bool Step(long uptimeSeconds)
        {
            if (!_signatures.IsChecking || !_signatures.Step())
            {
                return false;
            }

            bool isRight = _signatures.AreRight;
            if (_rotation != null)
            {
                if (isRight)
                {
                    _keys.Rotate(_rotation);
                }

                _reports.Say(_hash, 0, isRight ? UpdateState.Confirmed : UpdateState.Rejected, isRight ? UpdateReason.None : UpdateReason.BadSignatures);
                _rotation = null;
                return false;
            }

            SignedRelease release = _release!;
            _release = null;
            if (!isRight)
            {
                _reports.Say(_hash, _attempt, UpdateState.Rejected, UpdateReason.BadSignatures);
                return false;
            }

            if (Runs(release.Manifest))
            {
                _record.End(_hash, _attempt, UpdateState.Confirmed);
            }
            else
            {
                _record.Accept(_hash, release.Envelope.Message, _attempt, _slots.Active == 1 ? 2 : 1, _remark);
            }

            return true;
        }

        private UpdateReason Judge(ReleaseManifest manifest, long uptimeSeconds, NodeTime time)
        {
            UpdateReason reason = OfferConditions.OfProduct(manifest, _board.Product);
            reason = reason == UpdateReason.None ? OfferConditions.OfProfile(manifest, _profile) : reason;
            if (reason == UpdateReason.None && _slots.IsTrial)
            {
                return UpdateReason.InTrial;
            }

            return reason != UpdateReason.None || Runs(manifest) ? reason : JudgeNew(manifest, uptimeSeconds, time);
        }

        private UpdateReason JudgeNew(ReleaseManifest manifest, long uptimeSeconds, NodeTime time)
        {
            UpdateReason reason = OfferConditions.OfSecurity(manifest, _slots.Security);
            reason = reason == UpdateReason.None ? OfferConditions.OfBuild(manifest, _slots.BuildOf(_slots.Active)) : reason;
            reason = reason == UpdateReason.None ? OfferConditions.OfLoader(manifest, _board.Loader) : reason;
            reason = reason == UpdateReason.None ? OfferConditions.OfRoom(manifest, _board.HasRoomForBundles, _board.SlotBytes) : reason;
            bool isOver = reason == UpdateReason.None && IsOver(manifest, uptimeSeconds, time) && time.StateAt(uptimeSeconds) == ClockState.Fresh;
            return isOver ? UpdateReason.Expired : reason;
        }

        private bool Runs(ReleaseManifest manifest)
        {
            return _slots.HasHash(_slots.Active, manifest.BundleSha256);
        }

        private static bool IsOver(ReleaseManifest manifest, long uptimeSeconds, NodeTime time)
        {
            return time.UnixAt(uptimeSeconds) > manifest.ExpiresUnixSeconds;
        }
    }
}
