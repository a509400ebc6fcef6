using DePin.Contracts.Flashing;
using DePin.Contracts.Identity;
using DePin.Node.Outbox;
using DePin.Node.Uplink;

namespace DePin.Node.Moving
{
    /// <summary>
    /// The page that a node serves on its own Wi-Fi after its button was held for ten seconds: one visitor at a time, ten minutes
    /// in all. It changes networks and gateway, never whom the node trusts, and shows no key. A form counts only with the token of
    /// this opening, so that no other page can send one.
    /// </summary>
    public sealed class LocalSetup
    {
        /// <summary>How long it is open.</summary>
        public const int OpenMilliseconds = 600000;

        /// <summary>A visitor has so long for a request.</summary>
        public const int VisitMilliseconds = 10000;

        private const int LastWordMilliseconds = 3000;
        private const int TokenBytes = 8;
        private readonly IVisitors _visitors;
        private readonly Whereabouts _where;
        private readonly string _node;
        private readonly string _token;
        private readonly byte[] _buffer = new byte[256];
        private long _closesAt;
        private long _visitSince;
        private LocalRequest? _request;

        /// <param name="visitors">The socket.</param>
        /// <param name="where">What is changed; it has settings.</param>
        /// <param name="node">The node's id as people read it.</param>
        /// <param name="entropy">For the token.</param>
        /// <param name="uptimeMilliseconds">Now.</param>
        public LocalSetup(IVisitors visitors, Whereabouts where, string node, IEntropy entropy, long uptimeMilliseconds)
        {
            _visitors = visitors;
            _where = where;
            _node = node;
            byte[] token = new byte[TokenBytes];
            entropy.Fill(token);
            _token = Hex.Lower(token);
            _closesAt = uptimeMilliseconds + OpenMilliseconds;
        }

        /// <summary>Whether other settings were stored.</summary>
        public bool IsStored { get; private set; }

        /// <summary>Whether its time is over, or other settings were stored: the node starts anew, without its own Wi-Fi.</summary>
        public bool IsOver { get; private set; }

        /// <summary>Serves whoever is there.</summary>
        public void Step(long uptimeMilliseconds)
        {
            IsOver = uptimeMilliseconds >= _closesAt;
            int count = _visitors.Receive(_buffer);
            if (count < 0)
            {
                _request = null;
                return;
            }

            if (_request == null)
            {
                _request = new LocalRequest();
                _visitSince = uptimeMilliseconds;
            }

            for (int i = 0; i < count; i++)
            {
                if (_request.Take(_buffer[i]))
                {
                    _visitors.Answer(Answer(_request, uptimeMilliseconds));
                    _request = null;
                    return;
                }
            }

            if (uptimeMilliseconds - _visitSince >= VisitMilliseconds)
            {
                _visitors.Drop();
                _request = null;
            }
        }

        private byte[] Answer(LocalRequest request, long uptimeMilliseconds)
        {
            if (request.Status != 200)
            {
                return LocalPage.Words(_node, request.Status, "This is not understood here. Open http://192.168.4.1 again.");
            }

            NodeSettings before = _where.Settings!;
            string standing = Standing();
            if (!request.IsForm)
            {
                return LocalPage.Form(_node, LocalForm.Of(before), _token, standing);
            }

            LocalForm form = LocalForm.Parse(request.Body);
            if (!Bytes.AreEqual(form.Value('t', 1), Ascii.Bytes(_token)))
            {
                return LocalPage.Words(_node, 403, "This page is an old one, and nothing was stored. Open http://192.168.4.1 again.");
            }

            NodeSettings? way = form.Apply(before);
            if (way == null)
            {
                return LocalPage.Form(_node, form, _token, standing);
            }

            _where.Try(way, 0);
            IsStored = true;
            _closesAt = uptimeMilliseconds + LastWordMilliseconds;
            return LocalPage.Words(_node, 200, "Stored. The node starts anew, without this Wi-Fi, and tries it. One blink: it is logged in. Without a login within 24 hours the settings before come back.");
        }

        private string Standing()
        {
            return _where.PageState == MoveState.TakenBack ? "The last change was taken back: no login came."
                : _where.PageState == MoveState.Trying ? "These are being tried."
                : _where.PageState == MoveState.Kept ? "The last change is kept." : "";
        }
    }
}
