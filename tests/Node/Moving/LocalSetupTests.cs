using System.Text;
using System.Text.RegularExpressions;
using DePin.Node.Moving;
using DePin.Tests.Node.Fakes;

namespace DePin.Tests.Node.Moving;

/// <summary>The conversation of the local page: its time, its token, one visitor at a time.</summary>
public sealed partial class LocalSetupTests
{
    private readonly MemoryFlash _flash = Ways.Flash(new MemoryFlash());
    private readonly Visitors _visitors = new();
    private readonly LocalSetup _setup;
    private long _now = 5000;

    public LocalSetupTests()
    {
        _setup = new LocalSetup(_visitors, Whereabouts.Load(_flash), "ABCD-EFGH", new SeededBytes(1), _now);
    }

    [Fact]
    public void A_form_with_the_pages_token_is_stored_and_the_page_closes_after_its_last_word()
    {
        string token = Token(Visit("GET / HTTP/1.1\r\n\r\n"));
        string page = Visit(Post($"n1=clinic&k1=longenough&h=second.example&p=443&t={token}"));
        Assert.StartsWith("HTTP/1.1 200 OK", page, StringComparison.Ordinal);
        Assert.Contains("Stored.", page, StringComparison.Ordinal);
        Assert.False(_setup.IsOver);
        Pass(3000);
        Assert.True(_setup.IsOver);
        Assert.Equal("second.example", Ways.HostOn(_flash));
    }

    [Fact]
    public void A_form_of_another_opening_or_with_a_fault_changes_nothing_and_says_why()
    {
        string token = Token(Visit("GET / HTTP/1.1\r\n\r\n"));
        int before = _flash.Changes;
        Assert.Contains("an old one, and nothing was stored", Visit(Post("n1=clinic&h=second.example&p=443&t=0011223344556677")), StringComparison.Ordinal);
        Assert.Contains("an old one", Visit(Post("n1=clinic&h=second.example&p=443")), StringComparison.Ordinal);
        string page = Visit(Post($"n1=clinic&k1=short&h=second.example&p=443&t={token}"));
        Assert.StartsWith("HTTP/1.1 400", page, StringComparison.Ordinal);
        Assert.Contains("Nothing was stored. A key has 8 to 64 characters.", page, StringComparison.Ordinal);
        Assert.Contains("value=\"second.example\"", page, StringComparison.Ordinal);
        Assert.DoesNotContain("short", page, StringComparison.Ordinal);
        Assert.Contains("HTTP/1.1 404", Visit("GET /generate_204 HTTP/1.1\r\n"), StringComparison.Ordinal);
        Assert.Equal(before, _flash.Changes);
        Assert.Equal(token, Token(Visit("GET / HTTP/1.1\r\n\r\n")));
    }

    [Fact]
    public void It_closes_after_ten_minutes_whether_somebody_came_or_not()
    {
        long opened = _now;
        Visit("GET / HTTP/1.1\r\n\r\n");
        Pass(opened + LocalSetup.OpenMilliseconds - 1 - _now);
        Assert.False(_setup.IsOver);
        Pass(1);
        Assert.True(_setup.IsOver);
    }

    [Fact]
    public void A_visitor_who_says_nothing_or_half_a_request_is_sent_away_after_ten_seconds_and_the_next_is_served()
    {
        _visitors.Come("GET / HT");
        Pass(1000);
        Pass(LocalSetup.VisitMilliseconds - 1);
        Assert.Equal(0, _visitors.Dropped);
        Pass(1);
        Assert.Equal(1, _visitors.Dropped);
        Assert.Contains("<form", Visit("GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_visitor_who_goes_in_the_middle_leaves_nothing_to_the_next()
    {
        _visitors.Come("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\nn1=x");
        Pass(100);
        _visitors.Drop();
        Pass(100);
        Assert.Contains("<form", Visit("GET / HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public void The_page_says_how_the_last_change_ended()
    {
        Whereabouts where = Whereabouts.Load(_flash);
        where.Try(Ways.Other(), 0);
        while (Ways.HostOn(_flash) != Ways.FlashedHost)
        {
        }

        var setup = new LocalSetup(_visitors, Whereabouts.Load(_flash), "ABCD-EFGH", new SeededBytes(1), 0);
        _visitors.Come("GET / HTTP/1.1\r\n\r\n");
        setup.Step(1);
        Assert.Contains("The last change was taken back: no login came.", _visitors.Last, StringComparison.Ordinal);
    }

    private static string Post(string body) => $"POST / HTTP/1.1\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Token(string page) => TokenField().Match(page).Groups["token"].Value;

    private string Visit(string request)
    {
        _visitors.Come(request);
        for (int i = 0; i < 20 && _visitors.IsThere; i++)
        {
            Pass(40);
        }

        Assert.False(_visitors.IsThere);
        return _visitors.Last;
    }

    private void Pass(long milliseconds)
    {
        _now += milliseconds;
        _setup.Step(_now);
    }

    [GeneratedRegex("name=t value=(?<token>[0-9a-f]{16})>")]
    private static partial Regex TokenField();

    /// <summary>One visitor whose bytes come in pieces of at most 50.</summary>
    private sealed class Visitors : IVisitors
    {
        private readonly Queue<byte> _coming = new();

        public bool IsThere { get; private set; }

        public int Dropped { get; private set; }

        public string Last { get; private set; } = "";

        public void Come(string request)
        {
            IsThere = true;
            Last = "";
            _coming.Clear();
            foreach (byte next in Encoding.UTF8.GetBytes(request))
            {
                _coming.Enqueue(next);
            }
        }

        public int Receive(byte[] buffer)
        {
            int count = 0;
            while (IsThere && count < 50 && _coming.TryDequeue(out byte next))
            {
                buffer[count++] = next;
            }

            return IsThere ? count : -1;
        }

        public void Answer(byte[] answer)
        {
            Last = Encoding.UTF8.GetString(answer);
            IsThere = false;
        }

        public void Drop()
        {
            Dropped++;
            IsThere = false;
        }
    }
}
