using System;
using DePin.Contracts;
using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Metering;
using DePin.Node.Outbox;
using DePin.Node.Pairing;

namespace DePin.Node.Moving
{
    /// <summary>
    /// Where this node belongs: the way that flashing gave (networks, gateway, trust anchors), or one that replaced it and proved
    /// itself, or one that is being tried. It is in the file "moved", written as a whole with a CRC, so that a power cut leaves the
    /// state before or the state after. Profile and pinned keys are always those of flashing, and flashing anew ends all of this.
    /// </summary>
    public sealed class Whereabouts
    {
        /// <summary>Name of the file.</summary>
        public const string FileName = "moved";

        /// <summary>Quarters of an hour that a change has until its first login: 24 hours. A start counts as one.</summary>
        public const int TrialQuarters = 96;

        private const int QuarterMilliseconds = 900000;
        private const int Items = 8;
        private readonly IFlash _flash;
        private byte[] _kept = new byte[0];
        private byte[] _trial = new byte[0];
        private long _flashed;
        private bool _isInForce;
        private int _quarters;
        private long _quarterBegan;

        private Whereabouts(IFlash flash)
        {
            _flash = flash;
        }

        /// <summary>What counts from this start on; null where flashing gave nothing.</summary>
        public NodeSettings? Settings { get; private set; }

        /// <summary>The highest version of a signed change that was taken; 0 for none.</summary>
        public long Version { get; private set; }

        /// <summary>How that one stands, a <see cref="MoveState"/>.</summary>
        public int SignedState { get; private set; }

        /// <summary>How the last change by the local page stands.</summary>
        public int PageState { get; private set; }

        /// <summary>Whether the board shall start anew, so that other settings count. The owner sees to it.</summary>
        public bool WantsRestart { get; private set; }

        /// <summary>Quarters of an hour that the trial under way has used.</summary>
        public int Quarters { get { return _quarters; } }

        /// <summary>What is on flash.</summary>
        /// <param name="flash">Where it is.</param>
        /// <param name="isStart">Whether the board starts with it: once at every start, since that takes its quarter of an hour off a trial.</param>
        public static Whereabouts Load(IFlash flash, bool isStart = true)
        {
            Whereabouts where = new Whereabouts(flash);
            byte[]? flashed = flash.Read(SettingsFile.FileName);
            where.Settings = SettingsFile.Load(flash);
            if (where.Settings != null)
            {
                where._flashed = Crc32.Of(flashed!, 0, flashed!.Length);
                where.Read();
                where.BeginTrial(isStart);
                where.Overlay(where._trial.Length > 0 ? where._trial : where._kept);
            }

            return where;
        }

        /// <summary>The networks, gateway, port and anchors of some settings, as one array.</summary>
        public static byte[] EncodeWay(NodeSettings settings)
        {
            CborWriter writer = new CborWriter(1024);
            writer.WriteArray(4);
            settings.WriteWay(writer);
            return writer.ToArray();
        }

        /// <summary>
        /// Stores another way to be tried from the next start on. What was tried before it and not proven is forgotten; what was
        /// proven stays. The owner restarts the board when it has said what there is to say.
        /// </summary>
        /// <param name="way">Networks, gateway, port and anchors; the rest does not count.</param>
        /// <param name="version">Of a signed change; 0 for the local page.</param>
        public void Try(NodeSettings way, long version)
        {
            _trial = EncodeWay(way);
            _quarters = 0;
            _isInForce = false;
            SignedState = version > 0 ? MoveState.Trying : SignedState == MoveState.Trying ? MoveState.TakenBack : SignedState;
            PageState = version == 0 ? MoveState.Trying : PageState == MoveState.Trying ? MoveState.TakenBack : PageState;
            Version = version > 0 ? version : Version;
            Save();
        }

        /// <summary>Asks for the restart that <see cref="Try"/> needs.</summary>
        public void Restart()
        {
            WantsRestart = true;
        }

        /// <summary>Looks at how a trial goes; a login proves it.</summary>
        public void Step(long uptimeMilliseconds, bool isOnline)
        {
            if (!_isInForce)
            {
                return;
            }

            if (isOnline)
            {
                _kept = _trial;
                End(MoveState.Kept);
            }
            else if (uptimeMilliseconds - _quarterBegan >= QuarterMilliseconds)
            {
                _quarterBegan += QuarterMilliseconds;
                _quarters++;
                if (_quarters >= TrialQuarters)
                {
                    End(MoveState.TakenBack);
                    WantsRestart = true;
                }
                else
                {
                    Save();
                }
            }
        }

        private void BeginTrial(bool isStart)
        {
            _isInForce = _trial.Length > 0;
            if (!_isInForce || !isStart)
            {
                return;
            }

            _quarters++;
            if (_quarters >= TrialQuarters)
            {
                End(MoveState.TakenBack);
                return;
            }

            Save();
        }

        private void End(int state)
        {
            _trial = new byte[0];
            _isInForce = false;
            _quarters = 0;
            SignedState = SignedState == MoveState.Trying ? state : SignedState;
            PageState = PageState == MoveState.Trying ? state : PageState;
            Save();
        }

        private void Overlay(byte[] way)
        {
            if (way.Length > 0)
            {
                // It was whole when it was stored, and the CRC says that it still is.
                CborReader reader = new CborReader(way, 0, way.Length);
                reader.ReadArray(4, 4);
                Settings!.ReadWay(reader);
            }
        }

        private void Save()
        {
            CborWriter writer = new CborWriter(_kept.Length + _trial.Length + 64);
            writer.WriteArray(Items);
            writer.WriteUInt(MeteringLimits.Format);
            writer.WriteUInt(_flashed);
            writer.WriteUInt(Version);
            writer.WriteUInt(SignedState);
            writer.WriteUInt(PageState);
            writer.WriteUInt(_quarters);
            writer.WriteBytes(_kept);
            writer.WriteBytes(_trial);
            byte[] content = writer.ToArray();
            byte[] file = new byte[content.Length + 4];
            Array.Copy(content, file, content.Length);
            Bytes.PutNumber(file, content.Length, Crc32.Of(content, 0, content.Length), 4);
            _flash.Write(FileName, file);
        }

        // Of other settings than those that were flashed last, damaged or not there: then flashing's count.
        private void Read()
        {
            byte[]? file = _flash.Read(FileName);
            int length = file == null ? 0 : file.Length - 4;
            if (length <= 0 || Crc32.Of(file!, 0, length) != (uint)Bytes.GetNumber(file!, length, 4))
            {
                return;
            }

            CborReader reader = new CborReader(file!, 0, length);
            reader.ReadArray(Items, Items);
            reader.ReadUInt(MeteringLimits.Format, MeteringLimits.Format);
            if (reader.ReadUInt(0, uint.MaxValue) != _flashed)
            {
                return;
            }

            Version = reader.ReadUInt(0, uint.MaxValue);
            SignedState = (int)reader.ReadUInt(MoveState.None, MoveState.TakenBack);
            PageState = (int)reader.ReadUInt(MoveState.None, MoveState.TakenBack);
            _quarters = (int)reader.ReadUInt(0, TrialQuarters);
            _kept = reader.ReadBytes(0, NodeSettings.MaxBytes);
            _trial = reader.ReadBytes(0, NodeSettings.MaxBytes);
        }
    }
}
