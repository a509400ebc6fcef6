using System;
using DePin.Contracts.Identity;

namespace DePin.Node.Moving
{
    /// <summary>
    /// Writes the local page and its HTTP answer, bounded: what people typed is escaped, and there is no key in it. One page for
    /// every phone: no script, nothing to load.
    /// </summary>
    public sealed class LocalPage
    {
        private const int Capacity = 6144;
        private readonly byte[] _bytes = new byte[Capacity];
        private int _count;

        /// <summary>The page with its form.</summary>
        /// <param name="node">The node's id as people read it.</param>
        /// <param name="form">What the fields hold.</param>
        /// <param name="token">What the form gives back.</param>
        /// <param name="standing">How the node stands, one sentence.</param>
        public static byte[] Form(string node, LocalForm form, string token, string standing)
        {
            LocalPage page = Begin(node);
            page.Say(form.Problem.Length > 0 ? "Nothing was stored. " + form.Problem : "", "b");
            page.Say(standing, "p");
            page.Add("<form method=post action=/><input type=hidden name=t value=" + token + ">");
            for (int i = 1; i <= LocalForm.Networks; i++)
            {
                page.Field("Network " + i, "n" + i, form.Value('n', i), " maxlength=32");
                page.Field("Its key", "k" + i, new byte[0], " type=password maxlength=64 autocomplete=off");
            }

            page.Say("A key that is left empty stays as it is; beside a new name it means an open network.", "p");
            page.Field("Gateway", "h", form.Value('h', 1), " maxlength=128");
            page.Field("Port", "p", form.Value('p', 1), " inputmode=numeric maxlength=5");
            page.Add("<button>Try these</button></form>");
            page.Say("The node starts anew and tries them. Without a login within 24 hours those before come back.", "p");
            return page.Answer(form.Problem.Length > 0 ? 400 : 200);
        }

        /// <summary>A page that only says something.</summary>
        public static byte[] Words(string node, int status, string words)
        {
            LocalPage page = Begin(node);
            page.Say(words, "b");
            return page.Answer(status);
        }

        private static LocalPage Begin(string node)
        {
            LocalPage page = new LocalPage();
            page.Add("<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content=\"width=device-width\"><title>Node " + node
                + "</title><style>body{font:1.1em sans-serif;max-width:26em;margin:1em auto;padding:0 1em}b,label,input,button{display:block}input,button{width:100%;box-sizing:border-box;font:inherit}input,button{padding:.5em;margin:.2em 0 .8em}</style><h1>Node "
                + node + "</h1>");
            return page;
        }

        private void Field(string label, string name, byte[] value, string more)
        {
            Add("<label>" + label + "<input name=" + name + more + " value=\"");
            Escape(value);
            Add("\"></label>");
        }

        private void Say(string words, string element)
        {
            if (words.Length > 0)
            {
                Add("<" + element + ">");
                Escape(Ascii.Bytes(words));
                Add("</" + element + ">");
            }
        }

        private void Escape(byte[] text)
        {
            for (int i = 0; i < text.Length; i++)
            {
                if (text[i] == '"' || text[i] == '<' || text[i] == '>' || text[i] == '&')
                {
                    Add("&#" + text[i] + ";");
                }
                else if (_count < Capacity)
                {
                    _bytes[_count++] = text[i];
                }
            }
        }

        private void Add(string text)
        {
            byte[] bytes = Ascii.Bytes(text);
            int count = bytes.Length < Capacity - _count ? bytes.Length : Capacity - _count;
            Array.Copy(bytes, 0, _bytes, _count, count);
            _count += count;
        }

        private byte[] Answer(int status)
        {
            byte[] head = Ascii.Bytes("HTTP/1.1 " + status + (status == 200 ? " OK" : " No")
                + "\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; form-action 'self'\r\nConnection: close\r\nContent-Length: "
                + _count + "\r\n\r\n");
            byte[] answer = new byte[head.Length + _count];
            Array.Copy(head, answer, head.Length);
            Array.Copy(_bytes, 0, answer, head.Length, _count);
            return answer;
        }
    }
}
