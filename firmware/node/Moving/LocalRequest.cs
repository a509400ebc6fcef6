namespace DePin.Node.Moving
{
    /// <summary>
    /// A request to the local page, byte by byte as it comes. Of its lines only the first and Content-Length count, and only so
    /// much is kept as those need; head and body are bounded.
    /// </summary>
    public sealed class LocalRequest
    {
        /// <summary>Bytes of all lines together, at most; browsers send below 1,000 to a page without cookies.</summary>
        public const int MaxHeadBytes = 8192;

        /// <summary>Bytes of a form, at most: every field at its longest, each byte written as three.</summary>
        public const int MaxBodyBytes = 1536;

        private const int LineBytes = 64;
        private const string Length = "content-length:";
        private readonly byte[] _line = new byte[LineBytes];
        private int _lineLength;
        private int _headBytes;
        private int _bodyBytes;
        private bool _hasFirstLine;
        private bool _isInBody;

        /// <summary>The HTTP status that the request deserves: 200 for the page and its form; 0 until that is known.</summary>
        public int Status { get; private set; }

        /// <summary>Whether a form was sent.</summary>
        public bool IsForm { get; private set; }

        /// <summary>The form.</summary>
        public byte[] Body { get; private set; } = new byte[0];

        /// <summary>Takes the next byte; true when <see cref="Status"/> says what to do, and nothing more is taken.</summary>
        public bool Take(byte next)
        {
            if (_isInBody)
            {
                Body[_bodyBytes++] = next;
                Status = _bodyBytes == Body.Length ? 200 : 0;
            }
            else if (++_headBytes > MaxHeadBytes)
            {
                Status = 431;
            }
            else if (next == '\n')
            {
                EndLine();
            }
            else if (next != '\r')
            {
                if (_lineLength < LineBytes)
                {
                    _line[_lineLength] = next;
                }

                _lineLength++;
            }

            return Status != 0;
        }

        private void EndLine()
        {
            if (!_hasFirstLine)
            {
                _hasFirstLine = true;
                IsForm = Begins("post / http/1.");
                Status = IsForm || Begins("get / http/1.") ? 0 : Begins("get /") || Begins("post /") ? 404 : 405;
            }
            else if (_lineLength == 0)
            {
                _isInBody = IsForm && Body.Length > 0;
                Status = _isInBody ? 0 : IsForm ? 411 : 200;
            }
            else if (IsForm && Begins(Length))
            {
                ReadLength();
            }

            _lineLength = 0;
        }

        private void ReadLength()
        {
            int length = 0;
            int digits = 0;
            for (int i = Length.Length; i < _lineLength && i < LineBytes; i++)
            {
                int digit = _line[i] - '0';
                if (digit >= 0 && digit <= 9 && digits < 6)
                {
                    length = length * 10 + digit;
                    digits++;
                }
                else if (_line[i] != ' ' || digits > 0)
                {
                    Status = 400;
                    return;
                }
            }

            Status = length > MaxBodyBytes ? 413 : 0;
            Body = Status == 0 ? new byte[length] : Body;
        }

        private bool Begins(string text)
        {
            if (_lineLength < text.Length)
            {
                return false;
            }

            for (int i = 0; i < text.Length; i++)
            {
                int letter = _line[i] >= 'A' && _line[i] <= 'Z' ? _line[i] + 32 : _line[i];
                if (letter != text[i])
                {
                    return false;
                }
            }

            return true;
        }
    }
}
