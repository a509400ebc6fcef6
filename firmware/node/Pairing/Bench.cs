using DePin.Contracts.Cbor;
using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Node.Metering;
using DePin.Node.Outbox;
using DePin.Node.Signing;
using DePin.Node.Uplink;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// The node's side of the bench: takes requests off the wire, one at a time, and does what takes long in steps beside metering.
    /// hello, network, log: answered at once; read-back, self-test: in steps;
    /// provision: settings to flash -> identity from flash, or made and stored -> proof signed -> answer.
    /// Whoever holds the cable may do all of this: it is the same who can open the case. Private key and secret never leave.
    /// </summary>
    public sealed class Bench
    {
        private const int BytesPerStep = 512;
        private const int HashedPerStep = 6 * Sha256.BlockSize;
        private readonly ISerialPort _port;
        private readonly IBoard _board;
        private readonly IDigest _digest;
        private readonly IFlash _flash;
        private readonly IEntropy _entropy;
        private readonly SelfTest _selfTest;
        private readonly NodeLog _log;
        private readonly long _start;
        private readonly FlashLineReader _lines = new FlashLineReader();
        private readonly Sha256 _hash = new Sha256();
        private FlashAnswer _answer = new FlashAnswer(FlashAnswer.Refused, 0);
        private FlashRequest? _request;
        private Provisioning? _provisioning;
        private byte[] _hashed = new byte[0];
        private int _hashedBytes;
        private bool _restarts;

        /// <param name="port">The wire.</param>
        /// <param name="board">The hardware.</param>
        /// <param name="digest">Hash and MAC.</param>
        /// <param name="flash">Where identity and settings are.</param>
        /// <param name="entropy">Bytes that nobody else can know: a key may come of them.</param>
        /// <param name="selfTest">Measures.</param>
        /// <param name="log">What can be asked for.</param>
        public Bench(ISerialPort port, IBoard board, IDigest digest, IFlash flash, IEntropy entropy, SelfTest selfTest, NodeLog log)
        {
            _port = port;
            _board = board;
            _digest = digest;
            _flash = flash;
            _entropy = entropy;
            _selfTest = selfTest;
            _log = log;
            byte[] start = new byte[4];
            entropy.Fill(start);
            _start = Bytes.GetNumber(start, 0, 4);
        }

        /// <summary>Whether something is under way, so that the next step has work to do at once.</summary>
        public bool IsWorking { get { return _request != null || _restarts; } }

        /// <summary>Does what is due: reads what came, and one piece of what is under way.</summary>
        public void Step(IClock now)
        {
            if (_restarts)
            {
                _restarts = false;
                _board.Restart();
                return;
            }

            int next = _port.Read();
            for (int i = 1; next >= 0; i++)
            {
                byte[]? message = _lines.Take((byte)next);
                if (message != null)
                {
                    Take(message, now);
                }

                next = i < BytesPerStep ? _port.Read() : -1;
            }

            if (_request != null)
            {
                Work(_request, now);
            }
        }

        private void Take(byte[] message, IClock now)
        {
            FlashRequest? request = FlashRequest.Decode(message, out DecodeError _);
            if (request == null)
            {
                // A wire that echoes gives our own answers back: they are no requests, and no fault of anybody's.
                if (FlashAnswer.Decode(message, out DecodeError _) == null)
                {
                    Refuse(0, FlashRefusal.Malformed);
                }
            }
            else if (request.Type == FlashRequest.Hello)
            {
                Answer(request).Hello = Hello();
                Send();
            }
            else if (_request == null)
            {
                Begin(request, now);
            }
            else if (_request.Id != request.Id)
            {
                Refuse(request.Id, FlashRefusal.Busy);
            }
        }

        private void Begin(FlashRequest request, IClock now)
        {
            switch (request.Type)
            {
                case FlashRequest.Provision:
                    _log.Add(now.UptimeMilliseconds, "bench: provision");
                    _request = request;
                    _provisioning = new Provisioning(request, _board, _digest, _flash, _entropy);
                    break;
                case FlashRequest.ReadBack:
                    BeginReadBack(request);
                    break;
                case FlashRequest.SelfTest:
                    _request = request;
                    _selfTest.Start(now.LinkMilliseconds);
                    break;
                case FlashRequest.Calibrate:
                    CalibrationFile.Save(_flash, request.Gains);
                    Acknowledge(request);
                    break;
                case FlashRequest.Log:
                    Answer(request).Log = _log.Page(request.From);
                    Send();
                    break;
                case FlashRequest.Network:
                    Answer(request).Network = _board.Network();
                    Send();
                    break;
                case FlashRequest.Scrap:
                    Scrap(request);
                    break;
                default:
                    Acknowledge(request);
                    _restarts = true;
                    break;
            }
        }

        private void Work(FlashRequest request, IClock now)
        {
            if (request.Type == FlashRequest.Provision)
            {
                if (_provisioning!.Step())
                {
                    EndProvisioning(request, _provisioning);
                }
            }
            else if (request.Type == FlashRequest.SelfTest)
            {
                BoardSelfTest? result = _selfTest.Step(now.LinkMilliseconds);
                if (result != null)
                {
                    Answer(request).SelfTest = result;
                    Send();
                }
            }
            else
            {
                int left = _hashed.Length - _hashedBytes;
                int part = left < HashedPerStep ? left : HashedPerStep;
                _hash.Update(_hashed, _hashedBytes, part);
                _hashedBytes += part;
                if (_hashedBytes == _hashed.Length)
                {
                    Answer(request).SettingsHash = _hash.Finish();
                    Send();
                }
            }
        }

        private void EndProvisioning(FlashRequest request, Provisioning provisioning)
        {
            if (provisioning.Refusal != 0)
            {
                Refuse(request.Id, provisioning.Refusal);
                _request = null;
            }
            else
            {
                Answer(request).Identity = provisioning.Identity;
                Send();
            }

            _provisioning = null;
        }

        private void BeginReadBack(FlashRequest request)
        {
            byte[]? file = SettingsFile.Load(_flash) == null ? null : _flash.Read(SettingsFile.FileName);
            if (file == null)
            {
                Refuse(request.Id, FlashRefusal.NotProvisioned);
                return;
            }

            _request = request;
            _hashed = file;
            _hashedBytes = 0;
            _hash.Start();
        }

        private void Scrap(FlashRequest request)
        {
            IdentityFile? identity = IdentityFile.Load(_flash);
            if (identity != null && (request.Node.Length == 0 || !NodeIdOf(identity).Matches(request.Node, 0)))
            {
                Refuse(request.Id, FlashRefusal.OtherIdentity);
                return;
            }

            Belongings.Scrap(_flash);
            Acknowledge(request);
            _restarts = true;
        }

        private BoardHello Hello()
        {
            IdentityFile? identity = IdentityFile.Load(_flash);
            BoardHello hello = new BoardHello();
            hello.Chip = _board.Chip;
            hello.Serial = _board.Serial;
            hello.Firmware = _board.Firmware;
            hello.Profile = _board.Profile;
            hello.Start = _start;
            hello.Node = identity == null ? hello.Node : NodeIdOf(identity).ToBytes();
            hello.Flags = (_board.IsSimulated ? BoardHello.IsSimulated : 0)
                | (SettingsFile.Load(_flash) == null ? 0 : BoardHello.HasSettings)
                | (IdentityFile.IsDamaged(_flash) ? BoardHello.IsDamaged : 0)
                | (CalibrationFile.Load(_flash) == null ? 0 : BoardHello.IsCalibrated);
            return hello;
        }

        private NodeId NodeIdOf(IdentityFile identity)
        {
            return NodeId.FromKeyHash(_digest.Sha256(identity.PublicKey, 0, identity.PublicKey.Length));
        }

        private FlashAnswer Answer(FlashRequest request)
        {
            _answer = new FlashAnswer(request.Type + FlashAnswer.Offset, request.Id);
            return _answer;
        }

        private void Acknowledge(FlashRequest request)
        {
            Answer(request);
            Send();
        }

        private void Refuse(long id, int refusal)
        {
            FlashAnswer answer = new FlashAnswer(FlashAnswer.Refused, id);
            answer.Refusal = refusal;
            _port.Write(FlashLine.Encode(answer.Encode()));
        }

        // What was under way is answered, unless this was a hello in between.
        private void Send()
        {
            _port.Write(FlashLine.Encode(_answer.Encode()));
            if (_request != null && _request.Id == _answer.Id)
            {
                _request = null;
            }
        }
    }
}
